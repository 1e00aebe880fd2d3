// How long to leave a Redis alone that has failed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "base/clock.h"

namespace postern::wire {

// 100 ms after the first failure, doubled with each in a row up to a second; of that at least half,
// at random, so that a fleet does not come back all at once.
inline Duration redis_rest(uint32_t earlier_failures, std::minstd_rand& random) {
  const int64_t longest = std::min(int64_t{100} << std::min(earlier_failures, 4U), int64_t{1000});
  std::uniform_int_distribution<int64_t> milliseconds(longest / 2, longest);
  return std::chrono::milliseconds(milliseconds(random));
}

}  // namespace postern::wire
