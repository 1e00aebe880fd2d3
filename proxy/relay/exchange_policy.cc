// The part of Exchange that asks whether its caller may make this call with this grant.
#include "relay/exchange.h"
#include "relay/refusals.h"

namespace postern::relay {

bool Exchange::authorize() {
  if (const std::optional<Problem> problem = refuse_pinned()) return refuse(*problem), false;
  if (const std::optional<Problem> problem = refuse_by_rules()) return refuse(*problem), false;
  return true;
}

std::optional<Problem> Exchange::refuse_pinned() const {
  if (!relay_.options_.policy.organization_pinning) return std::nullopt;
  return refuse_organization(*grant_, organization_);
}

std::optional<Problem> Exchange::refuse_by_rules() {
  const policy::Verdict verdict =
      relay_.rules_.judge({head_.method, head_.path, match_, caller_.listener_name, caller_.uid,
                           grant_->options().name});
  if (verdict.allowed) return std::nullopt;
  if (!relay_.rules_.is_dry_run()) {
    reason_ = verdict.name;
    return from_verdict(verdict, head_.method, match_);
  }
  log::Line line = relay_.logger_.warn("policy_would_deny");
  line.str("rule", verdict.name);
  line.str("method", head_.method_text).str("path", head_.path.substr(0, AccessRecord::kMostPath));
  line.str("route", limits_route_).str("grant", grant_->options().name);
  line.str("listener", caller_.listener).str("client", caller_.address);
  line.str("request_id", request_id_);
  return std::nullopt;
}

}  // namespace postern::relay
