// Time as a number: the arithmetic of windows mixes epoch seconds with the boot clock, so inside
// this folder moments and spans are doubles in seconds (a microsecond is exact enough for both).
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "base/clock.h"

namespace postern::limits {

using Seconds =
    double;  // of the boot clock, of the limiter's epoch, or a span: the name says which

inline Seconds seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}
inline Seconds seconds(Instant moment) {
  return seconds(moment.time_since_epoch());
}

// Rounded up to the next nanosecond, so that a wake-up is never a hair too early. Spans past a year
// are a year.
inline Duration duration(Seconds span) {
  constexpr Seconds kYear = 365.0 * 86400;
  if (!(span > -kYear)) span = -kYear;
  if (span > kYear) span = kYear;
  return Duration(static_cast<Duration::rep>(span * 1e9) + 1);
}
inline Instant instant(Seconds moment) {
  return Instant(duration(moment));
}

// A wait as callers are told it: at least one second, at most a day.
inline Duration whole_seconds(Seconds span) {
  return std::chrono::seconds(static_cast<int64_t>(std::ceil(std::clamp(span, 1.0, 86400.0))));
}

}  // namespace postern::limits
