#include "limits/forecast.h"

#include <algorithm>
#include <cmath>

#include "limits/pace.h"

namespace postern::limits {
namespace {

Seconds by_window(const Outlook& outlook, double calls) {
  const Pace pace(outlook.window);
  const double left = std::max(0.0, std::floor(outlook.budget - outlook.used + 1e-9));
  if (calls <= left)
    return std::max(0.0, pace.when(outlook.budget, outlook.used + calls) - outlook.elapsed);
  const double later = calls - left;
  const double budget = std::max(1.0, outlook.full_budget);
  const double whole = std::ceil(later / budget) - 1;
  return std::max(0.0, outlook.window - outlook.elapsed) + whole * outlook.window +
         pace.when(budget, later - whole * budget);
}

}  // namespace

double lasting_rate(const Outlook& outlook) {
  if (!outlook.has_window) return outlook.rate;
  const double by_window = std::max(1.0, outlook.full_budget) / outlook.window;
  return outlook.rate > 0 ? std::min(by_window, outlook.rate) : by_window;
}

Seconds forecast(const Outlook& outlook, double calls) {
  const Seconds wait = outlook.has_window ? by_window(outlook, calls) : 0;
  if (outlook.rate <= 0) return wait;
  return std::max(wait, (calls - outlook.free) / outlook.rate);
}

}  // namespace postern::limits
