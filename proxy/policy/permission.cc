#include "policy/permission.h"

#include <algorithm>

#include "policy/scopes.h"

namespace postern::policy {
namespace {

bool contains_another(std::string_view scope, std::span<const std::string_view> all) {
  return std::any_of(all.begin(), all.end(), [&](std::string_view other) {
    return other != scope && implies(scope, other);
  });
}

bool has_any(const std::vector<std::string>& granted, std::span<const std::string_view> any_of) {
  return std::any_of(any_of.begin(), any_of.end(),
                     [&](std::string_view scope) { return covers(granted, scope); });
}

}  // namespace

std::string_view least_of(std::span<const std::string_view> any_of) {
  const auto found = std::find_if(any_of.begin(), any_of.end(), [&](std::string_view scope) {
    return is_grantable(scope) && !contains_another(scope, any_of);
  });
  if (found != any_of.end()) return *found;
  return any_of.empty() ? std::string_view() : any_of.front();
}

Permission permission(const Endpoint* endpoint, const std::vector<std::string>& granted) {
  Permission found;
  if (endpoint == nullptr) return found;
  switch (endpoint->access) {
    case Access::kPublic:
    case Access::kAnyToken:
      found.clearance = Clearance::kPasses;
      return found;
    case Access::kSession:
    case Access::kClientSecret:
      found.clearance = Clearance::kNoToken;
      return found;
    case Access::kUnknown:
      return found;
    case Access::kScopes:
      break;
  }
  found.needed = endpoint->scopes;
  if (has_any(granted, found.needed)) {
    found.clearance = Clearance::kPasses;
    return found;
  }
  found.least = least_of(found.needed);
  if (granted.empty()) return found;
  found.clearance = Clearance::kLacks;
  found.certain = is_published(endpoint->status);
  return found;
}

}  // namespace postern::policy
