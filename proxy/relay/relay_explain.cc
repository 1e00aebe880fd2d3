// The part of Relay that says what would become of a request. It asks the same questions in the
// same order as an Exchange does, and leaves no trace.
#include <chrono>
#include <utility>

#include "policy/target.h"
#include "relay/body_urls.h"
#include "relay/caching.h"
#include "relay/caller_name.h"
#include "relay/refusals.h"
#include "relay/relay.h"

namespace postern::relay {
namespace {

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

void mark_refused(Prospect& prospect, const Problem& problem) {
  prospect.outcome = "refused";
  prospect.reason = name(problem.code);
  prospect.refusal =
      RefusalView{prospect.reason, status(problem.code), problem.detail, problem.action};
  prospect.retry_after = std::chrono::seconds(problem.retry_after);
}

std::string_view name_of(policy::ResponseClass response) {
  switch (response) {
    case policy::ResponseClass::kState:
      return "state";
    case policy::ResponseClass::kList:
      return "list";
    case policy::ResponseClass::kDetail:
      return "detail";
    case policy::ResponseClass::kEvent:
      return "event";
    case policy::ResponseClass::kTrace:
      return "trace";
    case policy::ResponseClass::kAlone:
      break;
  }
  return "none";
}

// With the listener as rules call it, where the limits have the address that is bound.
std::string caller_of(const Question& question) {
  if (!question.uid && question.name.empty()) return {};
  http::Caller caller{question.listener, {}, {}, question.uid};
  caller.name = question.name;
  return std::string(relay::name_of(caller).text());
}

CacheView view_of(const Caching::Outlook& outlook) {
  return {std::string(name_of(outlook.response)), outlook.lifetime, outlook.age};
}

std::optional<Problem> refuse_state(const grants::Grant& grant, Instant now) {
  switch (grant.state()) {
    case grants::GrantState::kMissing:
      return from_standing(grants::Standing::kMissing, grant, now);
    case grants::GrantState::kUnknown:
      return from_standing(grants::Standing::kUnavailable, grant, now);
    case grants::GrantState::kRevoked:
      return from_standing(grants::Standing::kRevoked, grant, now);
    case grants::GrantState::kFresh:
    case grants::GrantState::kRefreshing:
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<Explanation, Problem> Relay::explain(const Question& question) {
  const http::Method method = http::parse_method(question.method);
  if (method == http::Method::kOther)
    return tl::unexpected(Problem{Code::kBadRequest,
                                  "there is no method " + std::string(question.method),
                                  "ask for GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS", 0});
  const policy::Target target = policy::classify(question.path);
  if (target.kind == policy::TargetKind::kIngest) return explain_ingest(question, target);
  if (std::optional<Problem> problem = refuse_target(target))
    return tl::unexpected(std::move(*problem));
  const grants::Selection selection =
      registry_.select({question.ceiling, question.grant, target.organization});
  if (selection.grant == nullptr)
    return tl::unexpected(from_selection(selection.failure, registry_, question.ceiling));
  const grants::Grant& grant = *selection.grant;
  policy::Match match = catalogue_.match(method, question.path);
  const policy::PinQuestion asked{method, question.path, {}, target.organization, match};
  policy::Pin pin = settings_->pin.judge(asked, home_of(grant));
  std::optional<Problem> problem = refuse_pin(pin, asked, grant, catalogue_);

  Explanation explanation;
  explanation.method = question.method;
  explanation.path = question.path;
  explanation.sent_as = std::move(pin.target);
  if (!explanation.sent_as.empty()) match = catalogue_.match(method, path_of(explanation.sent_as));
  const std::string_view route = unlisted_.find(match);
  explanation.endpoint = view_of(match, route.empty() ? match.route : route);
  explanation.now = prospect_of(grant, method, match);
  explanation.now.caller = caller_of(question);
  const std::string_view sent_target =
      explanation.sent_as.empty() ? explanation.path : explanation.sent_as;
  const std::string_view sent = path_of(sent_target);
  const bool is_edited = body_url_routes_.find(method, match) != BodyUrls::kNone;
  if (const Caching* cache = caching(); cache != nullptr)
    explanation.now.cache = view_of(cache->outlook(method, sent_target, match, grant, is_edited));
  const policy::Call call{
      method, sent, match, question.listener, question.uid, grant.options().name, question.name};
  explanation.now.policy = policy_of(call);
  if (!problem) problem = refuse_call(call, grant);
  if (!problem) problem = refuse_state(grant, clock_.now());
  if (problem) mark_refused(explanation.now, *problem);
  return explanation;
}

// What rules and scopes say, in the order in which a request asks them.
std::optional<Problem> Relay::refuse_call(const policy::Call& call,
                                          const grants::Grant& grant) const {
  const policy::Verdict verdict = settings_->rules.judge(call);
  if (!verdict.allowed && !settings_->rules.is_dry_run())
    return from_verdict(verdict, call.method, call.path, call.match);
  const policy::Permission permission = permission_of(call.match, grant);
  if (!policy::refuses(settings_->options.policy.preflight, permission)) return std::nullopt;
  return from_permission(permission, *call.match.endpoint, grant);
}

// What goes by a DSN meets nothing of what the API's calls meet.
Explanation Relay::explain_ingest(const Question& question, const policy::Target& target) {
  Explanation explanation;
  explanation.method = question.method;
  explanation.path = question.path;
  explanation.endpoint.match = "ingest";
  explanation.now.limited = false;
  explanation.now.outcome = "goes";
  if (settings_->options.ingest == Ingest::kRefuse) {
    if (const auto problem = refuse_target(target)) mark_refused(explanation.now, *problem);
  } else if (route_of_ingest(question.ceiling) == nullptr) {
    mark_refused(explanation.now, ambiguous_ingest());
  } else if (ingest_slots_.are_taken(settings_->options.ingest_connections)) {
    mark_refused(explanation.now, too_much_ingest());
  }
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
      mark_refused(prospect, from_refusal(*limits.refusal, settings_->options.limits.max_wait));
      prospect.retry_after = limits.refusal->retry_after;
    } else if (limits.queued > 0 || limits.blocker != limits::Blocker::kNone) {
      prospect.outcome = "waits";
    }
  }
  const policy::Permission permission = permission_of(match, grant);
  prospect.permission = name_of(permission.clearance);
  if (permission.clearance == policy::Clearance::kLacks)
    prospect.remedy = scope_remedy(grant, permission.least);
  return prospect;
}

std::vector<BucketView> Relay::buckets(size_t most) const {
  std::vector<BucketView> views;
  if (admission_ == nullptr) return views;
  for (const limits::BucketReport& report : admission_->report(most))
    views.push_back(view_of(report));
  return views;
}

}  // namespace postern::relay
