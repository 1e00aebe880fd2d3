#include "relay/route_timeouts.h"

#include <algorithm>

#include "base/text.h"

namespace postern::relay {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// Both begin with a slash. A slash at the end counts.
bool fits(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    if (pattern == "*") return true;
    const bool pattern_goes_on = pattern.find('/') != std::string_view::npos;
    const bool path_goes_on = path.find('/') != std::string_view::npos;
    if (pattern_goes_on != path_goes_on) return false;
    const std::string_view wanted = text::take_until(pattern, '/');
    const std::string_view given = text::take_until(path, '/');
    const bool same = is_parameter(wanted) ? !given.empty() : wanted == given;
    if (!same) return false;
  }
  return pattern.empty() && path.empty();
}

bool fits(const RouteTimeout& rule, policy::Traffic traffic, std::string_view path) {
  if (rule.what == kUploads) return traffic == policy::Traffic::kUpload;
  if (rule.what == kAutofix) return traffic == policy::Traffic::kAutofix;
  return fits(rule.what, path);
}

}  // namespace

Duration RouteTimeouts::find(policy::Traffic traffic, std::string_view path) const {
  const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const RouteTimeout& rule) {
    return fits(rule, traffic, path);
  });
  return found == rules_.end() ? Duration{} : found->first_byte;
}

}  // namespace postern::relay
