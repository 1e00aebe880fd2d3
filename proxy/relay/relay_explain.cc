// The part of Relay that says what would become of a request. It asks the same questions in the
// same order as an Exchange does, and leaves no trace.
#include <utility>

#include "policy/target.h"
#include "relay/refusals.h"
#include "relay/relay.h"

namespace postern::relay {
namespace {

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

void mark_refused(Prospect& prospect, Code code, Duration retry_after = {}) {
  prospect.outcome = "refused";
  prospect.reason = name(code);
  prospect.retry_after = retry_after;
}

}  // namespace

Result<Explanation, Problem> Relay::explain(const Question& question) {
  const http::Method method = http::parse_method(question.method);
  if (method == http::Method::kOther)
    return tl::unexpected(Problem{Code::kBadRequest,
                                  "there is no method " + std::string(question.method),
                                  "ask for GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS", 0});
  const policy::Target target = policy::classify(question.path);
  if (target.kind == policy::TargetKind::kIngest && settings_->options.ingest == Ingest::kPass)
    return tl::unexpected(Problem{Code::kNotAnApiPath,
                                  "what an SDK sends by its DSN is passed on at once, whatever the "
                                  "grants and limits of the web API",
                                  "ask about a path below /api/0/", 0});
  if (std::optional<Problem> problem = refuse_target(target))
    return tl::unexpected(std::move(*problem));
  const grants::Selection selection = registry_.select({{}, question.grant, target.organization});
  if (selection.grant == nullptr)
    return tl::unexpected(from_selection(selection.failure, registry_, {}));
  const grants::Grant& grant = *selection.grant;
  policy::Match match = catalogue_.match(method, question.path);
  const policy::PinQuestion asked{method, question.path, {}, target.organization, match};
  policy::Pin pin = settings_->pin.judge(asked, home_of(grant));
  if (std::optional<Problem> problem = refuse_pin(pin, asked, grant, catalogue_))
    return tl::unexpected(std::move(*problem));

  Explanation explanation;
  explanation.method = question.method;
  explanation.path = question.path;
  explanation.sent_as = std::move(pin.target);
  if (!explanation.sent_as.empty()) match = catalogue_.match(method, path_of(explanation.sent_as));
  const std::string_view route = unlisted_.find(match);
  explanation.endpoint = view_of(match, route.empty() ? match.route : route);
  explanation.now = prospect_of(grant, method, match);
  const std::string_view sent =
      path_of(explanation.sent_as.empty() ? explanation.path : explanation.sent_as);
  explanation.now->policy =
      policy_of({method, sent, match, question.listener, {}, grant.options().name});
  const std::optional<PolicyView>& policy = explanation.now->policy;
  if (policy && !policy->allowed && !policy->dry_run)
    mark_refused(*explanation.now, Code::kPolicyDenied);
  return explanation;
}

std::optional<PolicyView> Relay::policy_of(const policy::Call& call) const {
  if (!settings_->rules.restricts()) return std::nullopt;
  const policy::Verdict verdict = settings_->rules.judge(call);
  return PolicyView{verdict.allowed, std::string(verdict.name), settings_->rules.is_dry_run()};
}

Prospect Relay::prospect_of(const grants::Grant& grant, http::Method method,
                            const policy::Match& match) {
  Prospect prospect;
  prospect.grant = grant.options().name;
  prospect.grant_state = grants::to_string(grant.state());
  Admission* admission = settings_->admission;
  prospect.limited = admission != nullptr;
  prospect.outcome = "goes";
  limits::Explanation limits;
  if (admission != nullptr) {
    limits::Request request;
    request.user = grant.holder();
    const Route& route = routes_.at(&grant);
    const bool is_upload = policy::traffic_of(method, match.route) == policy::Traffic::kUpload &&
                           grant.is_of(match.organization);
    const std::string region = is_upload ? route.region.authority(clock_.now()) : "";
    request.host = region.empty() ? route.sentry.authority : region;
    request.group = match.group;
    request.route = unlisted_.find(match);
    request.deadline = clock_.now() + settings_->options.limits.max_wait;
    limits = admission->explain(request);
  }
  if (limits.known) {
    prospect.bucket = view_of(limits.bucket, limits.queued);
    prospect.ahead = limits.ahead;
    prospect.wait = limits.wait;
    prospect.reason = name_of(limits.blocker);
    if (limits.refusal) {
      const Problem problem = from_refusal(*limits.refusal, settings_->options.limits.max_wait);
      mark_refused(prospect, problem.code, limits.refusal->retry_after);
    } else if (limits.queued > 0 || limits.blocker != limits::Blocker::kNone) {
      prospect.outcome = "waits";
    }
  }
  const policy::Permission permission = permission_of(match, grant);
  prospect.permission = name_of(permission.clearance);
  if (permission.clearance == policy::Clearance::kLacks)
    prospect.remedy = scope_remedy(grant.options(), permission.least);
  if (grant.state() == grants::GrantState::kMissing) mark_refused(prospect, Code::kGrantMissing);
  if (grant.state() == grants::GrantState::kRevoked)
    mark_refused(prospect, Code::kReauthorizationRequired);
  if (policy::refuses(settings_->options.policy.preflight, permission))
    mark_refused(prospect, Code::kMissingScope);
  return prospect;
}

std::vector<BucketView> Relay::buckets(size_t most) const {
  std::vector<BucketView> views;
  if (admission_ == nullptr) return views;
  for (const limits::BucketReport& report : admission_->report()) {
    if (views.size() == most) break;
    views.push_back(view_of(report));
  }
  return views;
}

}  // namespace postern::relay
