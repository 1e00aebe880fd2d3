#include "event/stall_meter.h"

#include <algorithm>

namespace postern::event {

bool StallMeter::look(uint64_t beats, Duration now) {
  const Duration elapsed = looked_ ? std::min(now - *looked_, 2 * period_) : Duration::zero();
  looked_ = now;
  const bool turned = beats != beats_;
  beats_ = beats;
  if (turned) silent_ = Duration::zero();
  if (turned || elapsed == Duration::zero()) return false;
  const bool was_long = silent_ > bound_;
  silent_ += elapsed;
  if (silent_ <= bound_) return false;
  if (!was_long) ++stalls_.count;
  stalls_.last = silent_;
  stalls_.last_seen = now;
  stalls_.longest = std::max(stalls_.longest, silent_);
  return !was_long;
}

}  // namespace postern::event
