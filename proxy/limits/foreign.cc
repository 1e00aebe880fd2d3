#include "limits/foreign.h"

#include <algorithm>
#include <cmath>

namespace postern::limits {
namespace {

constexpr double kCaution = 0.5;  // deviations added to the mean
constexpr double kMuch = 1e18;

}  // namespace

double Foreign::expected(double seen, double rest) const {
  return seen + mean_ * rest + kCaution * deviation_ * std::sqrt(rest);
}

void Foreign::limit_changed(double before, double after) {
  if (ceiling_ >= before) {
    ceiling_ = kMuch;
  } else if (before > 0) {
    ceiling_ = std::max(1.0, ceiling_ * after / before);
  }
}

void Foreign::window_over(const WindowSummary& window, Seconds now) {
  if (window.answered == 0) return;
  const bool rejected = window.rejected > 0;
  double calls = std::max(0.0, (rejected ? window.limit : window.max_rank) - window.served);
  if (calls == 0 && !rejected && window.position < 0.25) {  // too little of it was seen
    may_have_gone_ = true;
    return;
  }
  if (!rejected && window.position > 0.25) calls = std::min(calls / window.position, window.limit);
  learn(calls, rejected);
  if (calls >= 0.5) {
    seen_at_ = now;
    may_have_gone_ = false;
  }
  adapt(window, calls);
}

void Foreign::learn(double calls, bool rejected) {
  const double falling_or_rising = calls > mean_ ? 0.5 : 0.3;
  const double gain = rejected && calls > 0 ? 0.7 : falling_or_rising;
  mean_ += gain * (calls - mean_);
  deviation_ += 0.25 * (std::abs(calls - mean_) - deviation_);
  quiet_ = calls < 0.5 ? quiet_ + 1 : 0;
}

void Foreign::adapt(const WindowSummary& window, double calls) {
  const bool crowded = window.rejected > 0 && calls > 0;
  congestion_ = 0.8 * congestion_ + (crowded ? 0.2 : 0);
  if (quiet_ >= 3) {
    mean_ = deviation_ = 0;
    ceiling_ = kMuch;
  } else if (crowded && congestion_ >= 0.3) {
    ceiling_ = std::max(1.0, 0.85 * std::min(ceiling(window.limit), window.answered));
  } else if (window.used_up && ceiling_ < window.limit) {
    ceiling_ += std::max(0.25, window.limit / 20);
    if (ceiling_ >= window.limit) ceiling_ = kMuch;
  }
}

}  // namespace postern::limits
