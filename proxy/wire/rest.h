// How long to leave a server alone that has failed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "base/clock.h"

namespace postern::wire {

struct Rest {
  std::chrono::milliseconds first;  // after one failure; doubled with each in a row up to
  std::chrono::milliseconds longest;
};

// At least half of it, at random, so that a fleet does not come back all at once.
inline Duration rest_after(uint32_t earlier_failures, const Rest& rest, std::minstd_rand& random) {
  const int64_t grown = int64_t{rest.first.count()} << std::min(earlier_failures, 16U);
  const int64_t most = std::min(grown, int64_t{rest.longest.count()});
  std::uniform_int_distribution<int64_t> milliseconds(most / 2, most);
  return std::chrono::milliseconds(milliseconds(random));
}

}  // namespace postern::wire
