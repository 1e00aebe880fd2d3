// The part of Exchange that asks whether its caller may make this call with this grant.
#include "relay/exchange.h"
#include "relay/refusals.h"

namespace postern::relay {

bool Exchange::authorize() {
  if (const std::optional<Problem> problem = refuse_pinned()) return refuse(*problem), false;
  return true;
}

std::optional<Problem> Exchange::refuse_pinned() const {
  if (!relay_.options_.policy.organization_pinning) return std::nullopt;
  return refuse_organization(*grant_, organization_);
}

}  // namespace postern::relay
