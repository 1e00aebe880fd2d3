// Small random numbers from a seed: the same run every time. Not for secrets.
#pragma once

#include <cstdint>

namespace postern::limits {

class Jitter final {
 public:
  explicit Jitter(uint64_t seed) : state_(seed * 2 + 1) {}

  // Evenly spread over [from, to).
  double between(double from, double to) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return from + (to - from) * static_cast<double>(state_ >> 11) * 0x1.0p-53;
  }

 private:
  uint64_t state_;
};

}  // namespace postern::limits
