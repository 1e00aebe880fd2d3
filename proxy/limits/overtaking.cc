#include "limits/overtaking.h"

#include <algorithm>
#include <cmath>

namespace postern::limits {
namespace {

constexpr Seconds kMemory = 10;
constexpr Seconds kShort = 5;
// However many pass, turns leave something to whoever has waited.
constexpr double kMost = 0.9;

double place(size_t ahead, size_t size) {
  return size == 0 ? 0 : static_cast<double>(std::min(ahead, size)) / static_cast<double>(size);
}

}  // namespace

void Overtaking::on_join(size_t ahead, size_t size, Seconds now) {
  if (since_ < 0) since_ = now;
  sum_ *= std::exp((last_ - now) / kMemory);
  last_ = now;
  if (size > 0) sum_ += 1 - place(ahead, size);
}

double Overtaking::before(size_t ahead, size_t size, double rate, Seconds now) const {
  const auto calls = static_cast<double>(ahead);
  if (since_ < 0 || rate <= 0) return calls;
  // What has been seen so far stands for the whole memory; but a burst is not the beginning of a
  // stream, so that not much is made of the first seconds.
  const double seen = 1 - std::exp((since_ - std::max(now, since_ + kShort)) / kMemory);
  const double joining = sum_ * std::exp((last_ - now) / kMemory) / (kMemory * seen);
  const double passing = std::min(joining * place(ahead, size), kMost * rate);
  return calls * rate / (rate - passing);
}

}  // namespace postern::limits
