#include "base/clock.h"

#include <ctime>

namespace postern {

BootClock::time_point BootClock::now() noexcept {
  timespec now{};
  // Cannot fail: the clock exists on every kernel this builds for, and `now` is a good address.
  clock_gettime(CLOCK_BOOTTIME, &now);
  return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace postern
