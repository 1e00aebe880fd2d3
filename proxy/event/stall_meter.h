// StallMeter: whether the loop turns, as another thread sees it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace postern::event {

// What has been seen so far. Moments are of the clock that look() is told.
struct Stalls {
  uint64_t count = 0;
  Duration longest{};
  Duration last{};  // length of the newest
  std::optional<Duration> last_seen;
};

// The loop counts beats, one a period; the other thread looks at the count, once a period as well.
// Time without a beat adds up to a stall. What one look adds is bounded: when the whole process has
// slept (a suspended machine, a stopped container), the thread has not looked either, and the loop
// is not to blame. Pure; one thread.
class StallMeter final {
 public:
  StallMeter(Duration period, Duration bound) : period_(period), bound_(bound) {}

  // True: the stall has just become longer than the bound. `now` never goes back.
  bool look(uint64_t beats, Duration now);
  const Stalls& stalls() const { return stalls_; }

 private:
  Duration period_;
  Duration bound_;
  uint64_t beats_ = 0;
  std::optional<Duration> looked_;
  Duration silent_{};
  Stalls stalls_;
};

}  // namespace postern::event
