#include "limits/water.h"

#include <algorithm>
#include <cstddef>

namespace postern::limits {

std::vector<int64_t> fill(int64_t amount, const std::vector<int64_t>& wants, int64_t turn) {
  std::vector<int64_t> given(wants.size(), 0);
  while (amount > 0) {
    std::vector<size_t> open;
    for (size_t i = 0; i < wants.size(); ++i)
      if (given[i] < wants[i]) open.push_back(i);
    if (open.empty()) break;
    const auto count = static_cast<int64_t>(open.size());
    const int64_t share = amount / count;
    if (share == 0) {
      for (int64_t i = 0; i < amount; ++i)
        ++given[open[static_cast<size_t>((turn * amount + i) % count)]];
      break;
    }
    for (const size_t i : open) {
      const int64_t part = std::min(share, wants[i] - given[i]);
      given[i] += part;
      amount -= part;
    }
  }
  return given;
}

double fair_beside(int64_t amount, const std::vector<int64_t>& others) {
  std::vector<int64_t> sorted = others;
  std::sort(sorted.begin(), sorted.end());
  auto left = static_cast<double>(std::max<int64_t>(0, amount));
  auto count = static_cast<double>(sorted.size() + 1);
  for (const int64_t want : sorted) {
    if (static_cast<double>(want) >= left / count) break;
    left -= static_cast<double>(want);
    --count;
  }
  return left / count;
}

}  // namespace postern::limits
