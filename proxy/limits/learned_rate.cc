#include "limits/learned_rate.h"

#include <algorithm>

namespace postern::limits {
namespace {

constexpr Seconds kLook = 2;     // calls are counted over this span
constexpr Seconds kDepth = 0.1;  // of the token bucket
constexpr double kStep = 0.8;
constexpr double kSteepest = 0.3;
constexpr double kTelling = 10;  // answers from which a share can be told
constexpr double kRaise = 0.03;  // per second
constexpr Seconds kForget = 600;

}  // namespace

double LearnedRate::depth() const {
  return std::max(1.0, rate_ * kDepth);
}

double LearnedRate::refilled(Seconds now) const {
  return std::min(depth(), tokens_ + rate_ * (now - refilled_at_));
}

Seconds LearnedRate::next(Seconds now) const {
  if (!is_limiting()) return now;
  const double missing = 1 - refilled(now);
  return missing <= 1e-9 ? now : now + missing / rate_;
}

void LearnedRate::sent(Seconds now) {
  if (is_limiting()) {
    tokens_ = refilled(now) - 1;
    refilled_at_ = now;
  }
  recent_.push_back(now);
  while (recent_.front() < now - kLook || recent_.size() > kRecent) recent_.pop_front();
}

void LearnedRate::served(Seconds now) {
  served_since_ += 1;
  if (!is_limiting()) return;
  if (now - rejected_at_ > kForget) {
    rate_ = 0;
    return;
  }
  // Not by more than a second's worth after a pause: an idle hour teaches nothing.
  const Seconds since = std::min(1.0, now - raised_at_);
  tokens_ = refilled(now);
  refilled_at_ = now;
  rate_ *= 1 + kRaise * since;
  raised_at_ = now;
}

void LearnedRate::rejected(Seconds now) {
  rejected_since_ += 1;
  if (now - rejected_at_ < 1) return;
  rejected_at_ = raised_at_ = now;
  const auto is_old = [&](Seconds at) { return at < now - kLook; };
  recent_.erase(recent_.begin(), std::find_if_not(recent_.begin(), recent_.end(), is_old));
  // After a pause the calls of the last moment count for the moment, not for two seconds.
  const Seconds span = recent_.empty() ? kLook : std::clamp(now - recent_.front(), 0.5, kLook);
  double measured = static_cast<double>(recent_.size()) / span;
  if (is_limiting()) measured = std::min(measured, rate_);
  // When most were rejected since the last lesson, the share that was not is the better measure.
  const double answers = served_since_ + rejected_since_;
  const double share = answers < kTelling ? kStep : served_since_ / answers;
  rate_ = std::max(0.1, std::clamp(share, kSteepest, kStep) * measured);
  served_since_ = rejected_since_ = 0;
  tokens_ = 0;
  refilled_at_ = now;
}

}  // namespace postern::limits
