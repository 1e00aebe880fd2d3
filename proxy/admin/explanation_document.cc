#include <utility>

#include "admin/bucket_document.h"
#include "admin/explanation.h"
#include "admin/json_fields.h"

namespace postern::admin {
namespace {

using nlohmann::json;

json document_of(const relay::PolicyView& policy) {
  return {{"allowed", policy.allowed}, {"by", policy.by}, {"dry_run", policy.dry_run}};
}

json document_of(const relay::RefusalView& refusal) {
  return {{"code", refusal.code},
          {"status", refusal.status},
          {"detail", refusal.detail},
          {"action", or_null(refusal.action)}};
}

relay::RefusalView refusal_of(const json& object) {
  return {text_of(object, "code"), static_cast<int>(number_of(object, "status")),
          text_of(object, "detail"), text_of(object, "action")};
}

json document_of(const relay::CacheView& cache) {
  return {{"kind", cache.kind},
          {"lifetime_ms", milliseconds(cache.lifetime)},
          {"age_ms", cache.age ? json(milliseconds(*cache.age)) : json(nullptr)}};
}

relay::CacheView cache_of(const json& object) {
  relay::CacheView cache{text_of(object, "kind"), milliseconds_of(object, "lifetime_ms"), {}};
  if (const auto age = known_number(object, "age_ms")) cache.age = std::chrono::milliseconds(*age);
  return cache;
}

json document_of(const relay::Prospect& now) {
  return {
      {"grant", or_null(now.grant)},
      {"grant_state", or_null(now.grant_state)},
      {"caller", or_null(now.caller)},
      {"permission", or_null(now.permission)},
      {"remedy", or_null(now.remedy)},
      {"outcome", now.outcome},
      {"reason", or_null(now.reason)},
      {"wait_ms", milliseconds(now.wait)},
      {"retry_after_ms", milliseconds(now.retry_after)},
      {"ahead", now.ahead},
      {"limited", now.limited},
      {"refusal", now.refusal ? document_of(*now.refusal) : json(nullptr)},
      {"cache", now.cache ? document_of(*now.cache) : json(nullptr)},
      {"policy", now.policy ? document_of(*now.policy) : json(nullptr)},
      {"bucket", now.bucket ? numbers_of(*now.bucket) : json(nullptr)},
  };
}

relay::Prospect prospect_of(const json& object) {
  relay::Prospect now;
  now.grant = text_of(object, "grant");
  now.grant_state = text_of(object, "grant_state");
  now.caller = text_of(object, "caller");
  now.permission = text_of(object, "permission");
  now.remedy = text_of(object, "remedy");
  now.outcome = text_of(object, "outcome");
  now.reason = text_of(object, "reason");
  now.wait = milliseconds_of(object, "wait_ms");
  now.retry_after = milliseconds_of(object, "retry_after_ms");
  now.ahead = static_cast<size_t>(number_of(object, "ahead"));
  now.limited = flag_of(object, "limited", true);
  if (const json& policy = part_of(object, "policy"); !policy.empty())
    now.policy = relay::PolicyView{flag_of(policy, "allowed", true), text_of(policy, "by"),
                                   flag_of(policy, "dry_run", false)};
  if (const json& cache = part_of(object, "cache"); !cache.empty()) now.cache = cache_of(cache);
  if (const json& refusal = part_of(object, "refusal"); !refusal.empty())
    now.refusal = refusal_of(refusal);
  const json& bucket = part_of(object, "bucket");
  if (!bucket.empty()) now.bucket = bucket_of(bucket);
  return now;
}

json document_of(const relay::EndpointView& endpoint) {
  return {
      {"match", endpoint.match},
      {"operation", or_null(endpoint.operation)},
      {"path", or_null(endpoint.path)},
      {"status", or_null(endpoint.status)},
      {"published", endpoint.published},
      {"access", or_null(endpoint.access)},
      {"scopes", endpoint.scopes},
      {"least_scope", or_null(endpoint.least_scope)},
      {"accepts_dsn", endpoint.accepts_dsn},
      {"limits", or_null(endpoint.limits)},
      {"group", endpoint.group},
      {"route", endpoint.route},
  };
}

relay::EndpointView endpoint_of(const json& object) {
  relay::EndpointView endpoint;
  endpoint.match = text_of(object, "match");
  endpoint.operation = text_of(object, "operation");
  endpoint.path = text_of(object, "path");
  endpoint.status = text_of(object, "status");
  endpoint.published = flag_of(object, "published", false);
  endpoint.access = text_of(object, "access");
  endpoint.scopes = texts_of(object, "scopes");
  endpoint.least_scope = text_of(object, "least_scope");
  endpoint.accepts_dsn = flag_of(object, "accepts_dsn", false);
  endpoint.limits = text_of(object, "limits");
  endpoint.group = text_of(object, "group");
  endpoint.route = text_of(object, "route");
  return endpoint;
}

}  // namespace

std::string format_explanation(const relay::Explanation& explanation) {
  return printed({
      {"method", explanation.method},
      {"path", explanation.path},
      {"sent_as", or_null(explanation.sent_as)},
      {"endpoint", document_of(explanation.endpoint)},
      {"now", document_of(explanation.now)},
      {"live", explanation.live},
  });
}

Result<relay::Explanation> parse_explanation(std::string_view json_text) {
  const json document = json::parse(json_text, nullptr, false);
  if (!document.is_object() || !document.contains("endpoint") || !document.contains("now"))
    return fail("the answer is not Postern's explanation");
  relay::Explanation explanation;
  explanation.method = text_of(document, "method");
  explanation.path = text_of(document, "path");
  explanation.sent_as = text_of(document, "sent_as");
  explanation.endpoint = endpoint_of(part_of(document, "endpoint"));
  explanation.now = prospect_of(part_of(document, "now"));
  explanation.live = flag_of(document, "live", true);
  return explanation;
}

}  // namespace postern::admin
