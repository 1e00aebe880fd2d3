#include "limits/concurrency.h"

#include <algorithm>
#include <cmath>

namespace postern::limits {

int64_t Concurrency::allowed() const {
  // A cap below the limit may also come from rejections before any limit was told.
  double slots = static_cast<double>(most_);
  if (cap_ > 0) slots = std::min(slots, cap_);
  if (known_) slots = std::min(slots, limit_ - std::round(foreign_));
  return std::max<int64_t>(1, static_cast<int64_t>(slots + 1e-9));
}

int64_t Concurrency::of_all() const {
  const double slots = static_cast<double>(most_);
  return std::max<int64_t>(1, static_cast<int64_t>(cap_ > 0 ? std::min(slots, cap_) : slots));
}

void Concurrency::told(int64_t limit) {
  const auto slots = static_cast<double>(limit);
  if (known_ && slots == limit_) return;
  known_ = true;
  limit_ = cap_ = slots;
}

void Concurrency::served(int64_t remaining, int64_t in_flight, Seconds now) {
  if (known_) {
    const auto others = std::max(0.0, limit_ - static_cast<double>(remaining + in_flight));
    foreign_ += 0.05 * (others - foreign_);
  }
  const double top = known_ ? limit_ : static_cast<double>(most_);
  if (cap_ > 0 && cap_ < top && now - rejected_at_ > 1) cap_ = std::min(top, cap_ + 1 / cap_);
}

void Concurrency::rejected(int64_t in_flight, Seconds now) {
  lower(std::min(allowed(), in_flight), now);
}

void Concurrency::lower(int64_t slots, Seconds now) {
  if (now - rejected_at_ < 0.5) return;  // one lesson for all that were in flight together
  rejected_at_ = now;
  cap_ = std::max(1.0, std::floor(0.9 * static_cast<double>(slots)));
}

}  // namespace postern::limits
