// The part of Exchange that asks whether its caller may make this call with this grant.
#include <utility>

#include "relay/exchange.h"
#include "relay/refusals.h"

namespace postern::relay {

bool Exchange::authorize() {
  if (!pin()) return false;
  record_.route = match_.route;  // who is refused makes no name
  if (match_.kind != policy::MatchKind::kEndpoint) record_.match = name_of(match_.kind);
  if (const std::optional<Problem> problem = refuse_by_rules()) return refuse(*problem), false;
  if (const std::optional<Problem> problem = refuse_scopes()) return refuse(*problem), false;
  record_.route = limits_route_ = relay_.unlisted_.name(match_);
  traffic_ = policy::traffic_of(head_.method, match_.route);
  body_urls_ = relay_.body_url_routes_.find(head_.method, match_);
  return true;
}

// From here on the request is one about the grant's organization, if need be in another form.
bool Exchange::pin() {
  const policy::PinQuestion asked{head_.method, head_.path, head_.target.substr(head_.path.size()),
                                  organization_, match_};
  policy::Pin pin = settings_->pin.judge(asked, home_of(*grant_));
  if (const auto problem = refuse_pin(pin, asked, *grant_, relay_.catalogue_))
    return refuse(*problem), false;
  if (pin.pinning == policy::Pinning::kSendInstead) send_instead(std::move(pin.target));
  return true;
}

void Exchange::send_instead(std::string target) {
  sent_target_ = std::move(target);
  record_.sent_as = sent_path();
  match_ = relay_.catalogue_.match(head_.method, sent_path());
}

std::string_view Exchange::sent_path() const {
  if (sent_target_.empty()) return head_.path;
  return std::string_view(sent_target_).substr(0, sent_target_.find('?'));
}

// A call that Sentry would refuse need not be made; where that is not sure, it is marked.
std::optional<Problem> Exchange::refuse_scopes() {
  const policy::Preflight preflight = settings_->options.policy.preflight;
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

std::optional<Problem> Exchange::refuse_by_rules() {
  const policy::Verdict verdict =
      settings_->rules.judge({head_.method, sent_path(), match_, caller_.listener_name, caller_.uid,
                              grant_->options().name, caller_.name});
  if (verdict.allowed) return std::nullopt;
  if (!settings_->rules.is_dry_run()) {
    reason_ = verdict.name;
    return from_verdict(verdict, head_.method, sent_path(), match_);
  }
  log::Line line = relay_.logger_.warn("policy_would_deny");
  line.str("rule", verdict.name);
  line.str("method", head_.method_text).str("path", head_.path.substr(0, AccessRecord::kMostPath));
  line.str("route", record_.route).str("grant", grant_->options().name);
  line.str("listener", caller_.listener).str("client", caller_.address);
  if (!caller_.name.empty()) line.str("caller", caller_.name);
  line.str("request_id", request_id_);
  return std::nullopt;
}

}  // namespace postern::relay
