#include "limits/pace.h"

#include <algorithm>

namespace postern::limits {

double Pace::allowed(double budget, Seconds elapsed) const {
  const double share = at_once_ + (1 - at_once_) * std::max(0.0, elapsed) / (window_ * kPaced);
  return std::max(1.0, std::min(budget, budget * share + stagger_));
}

Seconds Pace::when(double budget, double calls) const {
  if (calls <= 1 || calls - stagger_ <= budget * at_once_) return 0;
  const double share = std::min(1.0, (calls - stagger_) / budget);
  return (share - at_once_) / (1 - at_once_) * window_ * kPaced;
}

}  // namespace postern::limits
