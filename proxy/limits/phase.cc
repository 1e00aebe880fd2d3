#include "limits/phase.h"

#include <algorithm>
#include <cmath>

namespace postern::limits {
namespace {

constexpr Seconds kMostStep = 0.5;
constexpr Seconds kWide = 0.25;  // beyond this [lo, hi] is a first guess, not a measurement
constexpr Seconds kTouch = 0.002;
constexpr Seconds kDriftPerSecond = 0.0002;
constexpr Seconds kMostDrift = 0.5;
constexpr Seconds kUsualCall = 0.3;
constexpr int kCalm = 20;  // landings inside before steps are small again

}  // namespace

void Phase::age(Seconds now) {
  if (!known_) return;
  const Seconds idle = now - seen_ - 1;
  if (idle <= 0) return;
  seen_ = now - 1;
  const Seconds room = std::max(0.0, kMostDrift - (hi_ - lo_) / 2);
  const Seconds drift = std::min(idle * kDriftPerSecond, room);
  lo_ -= drift;
  hi_ += drift;
}

Seconds Phase::margin() const {
  return std::clamp(0.6 * least_, 0.004, 0.06);
}

void Phase::time_call(Seconds took) {
  mean_ = mean_ == 0 ? took : mean_ + 0.05 * (took - mean_);
  least_ = least_ == 0 ? took : std::min(least_ * 1.0002, took);
}

// A Reset far from where the call must have landed is a lie or a clock that was set anew: believed
// when it is told three times running.
bool Phase::is_implausible(const Landing& landing) const {
  const auto reset = static_cast<Seconds>(landing.reset);
  const Seconds room = std::max(3.0, 2.0 * static_cast<Seconds>(landing.window));
  return reset < landing.sent + lo_ - room || reset > landing.received + hi_ + room;
}

bool Phase::observe(const Landing& landing) {
  if (!known_) {
    start(landing);
    return true;
  }
  age(landing.received);
  if (is_implausible(landing)) {
    if (++implausible_ < 3) return false;
    restart(landing);
    return true;
  }
  implausible_ = 0;
  if (provisional_ && contradicts(landing)) {
    restart(landing);
    return true;
  }
  if (landing.window_is_sure) provisional_ = false;
  seen_ = std::max(seen_, landing.received);
  const Seconds to = static_cast<Seconds>(landing.reset) - landing.sent;
  const Seconds from = to - static_cast<Seconds>(landing.window);
  // Judged before this call's own time moves the mean: a stall must not make itself look normal.
  if (to <= lo_ + kTouch) {
    landed_early(landing, to);
  } else if (landing.window_is_sure && from >= hi_) {
    landed_late(landing, from);
  } else {
    landed_inside(landing, from, to);
  }
  time_call(landing.received - landing.sent);
  hi_ = std::max(hi_, lo_ + margin());
  return true;
}

void Phase::start(const Landing& landing) {
  time_call(landing.received - landing.sent);
  known_ = true;
  provisional_ = !landing.window_is_sure;
  seen_ = landing.received;
  hi_ = static_cast<Seconds>(landing.reset) - landing.sent;
  lo_ = hi_ - static_cast<Seconds>(landing.window);
  if (landing.date) {
    const Seconds from = static_cast<Seconds>(*landing.date) - landing.received;
    const Seconds to = static_cast<Seconds>(*landing.date) + 1 - landing.sent;
    // No overlap: whoever writes Date has another clock than whoever counts.
    if (std::max(lo_, from) < std::min(hi_, to)) {
      lo_ = std::max(lo_, from);
      hi_ = std::min(hi_, to);
    }
  }
  // Should this call have stalled on its way, others will arrive sooner.
  lo_ -= std::max(0.0, landing.received - landing.sent - kUsualCall);
  hi_ = std::max(hi_, lo_ + margin());
}

void Phase::restart(const Landing& landing) {
  *this = Phase();
  Landing alone = landing;
  alone.date.reset();  // a Date may be what misled
  start(alone);
}

// A length that was only guessed has bounded the clock wrongly.
bool Phase::contradicts(const Landing& landing) const {
  if (!landing.window_is_sure || is_slow(landing.received - landing.sent)) return false;
  const Seconds to = static_cast<Seconds>(landing.reset) - landing.sent;
  return to <= lo_ || to - static_cast<Seconds>(landing.window) >= hi_;
}

void Phase::landed_early(const Landing& landing, Seconds bound) {
  inside_ = 0;
  if (landing.sent > corrected_at_) {
    // Sent knowing better and wrong again: steps grow, because creeping would take a run's length.
    lo_ = std::min(lo_, bound) - step_;
    step_ = std::min(kMostStep, 3 * step_);
    corrected_at_ = landing.received;
  } else {
    lo_ = std::min(lo_, bound - kTouch);
  }
  if (landing.rejected) {
    ++early_;
    confidence_ = 0;
  }
  if (hi_ - lo_ > 0.5) hi_ = lo_ + kWide;
}

void Phase::landed_late(const Landing& landing, Seconds bound) {
  inside_ = 0;
  // A call that stalled on its way looks just like a clock that was set back.
  if (is_slow(landing.received - landing.sent)) return;
  hi_ = std::max(hi_, std::min(bound + kTouch, lo_ + kWide));
  if (bound < hi_) {
    late_windows_ = 0;
    return;
  }
  late_from_ = late_windows_ == 0 ? bound : std::min(late_from_, bound);
  if (landing.reset != late_reset_ || late_windows_ == 0) ++late_windows_;
  late_reset_ = landing.reset;
  if (late_windows_ < 3) return;
  hi_ = bound + 0.05;
  lo_ = std::max(lo_, hi_ - kWide);
  late_windows_ = 0;
}

void Phase::landed_inside(const Landing& landing, Seconds from, Seconds to) {
  early_ = 0;
  if (to <= late_from_) late_windows_ = 0;  // proof that the late ones were stalls
  if (++inside_ >= kCalm) step_ = kLeastStep;
  const bool is_wide = hi_ - lo_ > kWide;
  const int64_t begin = landing.reset - landing.window;
  if (!is_wide && begin > confident_begin_) {
    if (confident_begin_ != 0) ++confidence_;
    confident_begin_ = begin;
  }
  if (is_wide) return tighten(landing, from, to);
  if (landing.window_is_sure && from > lo_) lo_ += 0.02 * (from - lo_);
  if (to < hi_) hi_ -= 0.05 * (hi_ - to);
}

void Phase::tighten(const Landing& landing, Seconds from, Seconds to) {
  const Seconds slack = margin();
  if (landing.window_is_sure && !is_slow(landing.received - landing.sent))
    lo_ = std::max(lo_, from - slack);
  hi_ = std::min(hi_, to + slack);
}

}  // namespace postern::limits
