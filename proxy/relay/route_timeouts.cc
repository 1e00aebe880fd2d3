#include "relay/route_timeouts.h"

#include <algorithm>
#include <optional>

namespace postern::relay {

RouteTimeouts::RouteTimeouts(const std::vector<RouteTimeout>& settings) {
  for (const RouteTimeout& setting : settings) {
    Rule rule;
    rule.first_byte = setting.first_byte;
    if (setting.what == kUploads) {
      rule.traffic = policy::Traffic::kUpload;
    } else if (setting.what == kAutofix) {
      rule.traffic = policy::Traffic::kAutofix;
    } else {
      rule.path = policy::pattern_of(setting.what);
      has_paths_ = true;
    }
    rules_.push_back(std::move(rule));
  }
}

Duration RouteTimeouts::find(policy::Traffic traffic, std::string_view path) const {
  const std::optional<policy::ApiPath> parts =
      has_paths_ ? policy::split_api_path(path) : std::nullopt;
  const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    return rule.path ? parts && rule.path->fits(*parts) : rule.traffic == traffic;
  });
  return found == rules_.end() ? Duration{} : found->first_byte;
}

}  // namespace postern::relay
