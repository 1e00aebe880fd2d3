// The part of Exchange that asks whether its caller may make this call with this grant.
#include "relay/exchange.h"
#include "relay/refusals.h"

namespace postern::relay {

bool Exchange::authorize() {
  if (const std::optional<Problem> problem = refuse_pinned()) return refuse(*problem), false;
  if (const std::optional<Problem> problem = refuse_scopes()) return refuse(*problem), false;
  return true;
}

std::optional<Problem> Exchange::refuse_pinned() const {
  if (!relay_.options_.policy.organization_pinning) return std::nullopt;
  return refuse_organization(*grant_, organization_);
}

// A call that Sentry would refuse need not be made; where that is not sure, it is marked.
std::optional<Problem> Exchange::refuse_scopes() {
  const policy::Preflight preflight = relay_.options_.policy.preflight;
  if (preflight == policy::Preflight::kOff) return std::nullopt;
  const policy::Permission permission = permission_of(match_, *grant_);
  if (permission.clearance != policy::Clearance::kLacks) return std::nullopt;
  record_.missing_scope = permission.least;
  if (!policy::refuses(preflight, permission)) return std::nullopt;
  return from_permission(permission, *match_.endpoint, *grant_);
}

// Sentry's 403 does not say what is missing.
void Exchange::explain_forbidden() {
  const policy::Permission permission = permission_of(match_, *grant_);
  switch (permission.clearance) {
    case policy::Clearance::kLacks:
    case policy::Clearance::kNotKnown:
      record_.missing_scope = permission.least;
      break;
    case policy::Clearance::kNoToken:
      reason_ = "no token passes this endpoint, whatever its scopes";
      break;
    case policy::Clearance::kPasses:
      reason_ = "the scopes suffice: Sentry looks at the user's role and teams as well";
      break;
  }
}

}  // namespace postern::relay
