// The documents in JSON: one file, because the library is slow to compile.
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "admin/explanation.h"
#include "admin/history.h"
#include "admin/inspector.h"
#include "admin/status_report.h"
#include "grants/timestamp.h"

namespace postern::admin {
namespace {

using nlohmann::json;

// A string, or a number in digits; "" for anything else.
std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return {};
  auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : "";
}

int64_t number_of(const json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<int64_t>() : 0;
}

bool flag_of(const json& object, const char* name, bool otherwise) {
  auto found = object.find(name);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

const json& part_of(const json& object, const char* name) {
  static const json nothing = json::object();
  auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : nothing;
}

std::vector<std::string> texts_of(const json& object, const char* name) {
  std::vector<std::string> texts;
  auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return texts;
  for (const json& one : *found)
    if (one.is_string()) texts.push_back(one.get<std::string>());
  return texts;
}

GrantReport grant_of(const json& object) {
  GrantReport grant;
  grant.name = text_of(object, "name");
  grant.kind = text_of(object, "kind");
  grant.state = text_of(object, "state");
  grant.required = flag_of(object, "required", true);
  grant.usable = flag_of(object, "usable", false);
  const json& organization = part_of(object, "organization");
  grant.organization = text_of(organization, "slug");
  grant.organization_id = text_of(organization, "id");
  const json& user = part_of(object, "user");
  grant.user_id = text_of(user, "id");
  grant.user_name = text_of(user, "name");
  grant.user_email = text_of(user, "email");
  grant.scopes = texts_of(object, "scopes");
  grant.expires_at = text_of(object, "expires_at");
  auto left = object.find("expires_in_s");
  if (left != object.end() && left->is_number()) grant.expires_in_s = left->get<int64_t>();
  auto whole = object.find("lifetime_s");
  if (whole != object.end() && whole->is_number()) grant.lifetime_s = whole->get<int64_t>();
  grant.next_refresh = text_of(object, "next_refresh");
  grant.generation = static_cast<uint64_t>(number_of(object, "generation"));
  grant.last_error = text_of(object, "last_error");
  grant.last_error_at = text_of(object, "last_error_at");
  grant.remedy = text_of(object, "remedy");
  grant.stored = flag_of(object, "stored", true);
  grant.needs_person = flag_of(object, "needs_person", false);
  grant.where = text_of(object, "where");
  grant.refreshes = static_cast<uint64_t>(number_of(object, "refreshes"));
  return grant;
}

json or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

json document_of(const GrantReport& grant) {
  json object = {
      {"name", grant.name},
      {"kind", grant.kind},
      {"state", grant.state},
      {"required", grant.required},
      {"usable", grant.usable},
      {"organization", {{"slug", grant.organization}, {"id", or_null(grant.organization_id)}}},
      {"scopes", grant.scopes},
      {"expires_at", or_null(grant.expires_at)},
      {"next_refresh", or_null(grant.next_refresh)},
      {"generation", grant.generation},
      {"last_error", or_null(grant.last_error)},
      {"last_error_at", or_null(grant.last_error_at)},
      {"remedy", or_null(grant.remedy)},
      {"stored", grant.stored},
      {"needs_person", grant.needs_person},
      {"where", grant.where},
      {"refreshes", grant.refreshes},
  };
  object["user"] = {{"id", or_null(grant.user_id)},
                    {"name", or_null(grant.user_name)},
                    {"email", or_null(grant.user_email)}};
  object["expires_in_s"] = grant.expires_in_s ? json(*grant.expires_in_s) : json(nullptr);
  object["lifetime_s"] = grant.lifetime_s ? json(*grant.lifetime_s) : json(nullptr);
  return object;
}

// ------------------------------------------------------------------------------------- the limits

int64_t milliseconds(Duration span) {
  return std::chrono::ceil<std::chrono::milliseconds>(span).count();
}

Duration milliseconds_of(const json& object, const char* name) {
  return std::chrono::milliseconds(number_of(object, name));
}

json or_null(const std::optional<int64_t>& number) {
  return number ? json(*number) : json(nullptr);
}

std::optional<int64_t> known_number(const json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<int64_t>();
}

json numbers_of(const relay::BucketView& bucket) {
  return {
      {"limit", or_null(bucket.limit)},
      {"remaining", or_null(bucket.remaining)},
      {"concurrent_limit", or_null(bucket.concurrent_limit)},
      {"window_s", bucket.window_s == 0 ? json(nullptr) : json(bucket.window_s)},
      {"in_flight", bucket.in_flight},
      {"in_flight_allowed", bucket.in_flight_allowed},
      {"queued", bucket.queued},
      {"answers", bucket.answers},
  };
}

json document_of(const relay::BucketView& bucket) {
  json object = numbers_of(bucket);
  object["user"] = bucket.user;
  object["host"] = bucket.host;
  object["group"] = bucket.group;
  object["routes"] = bucket.routes;
  object["routes_left_off"] = bucket.routes_left_off;
  object["oldest_wait_ms"] = milliseconds(bucket.oldest_wait);
  object["refusals"] = bucket.refusals;
  return object;
}

relay::BucketView bucket_of(const json& object) {
  relay::BucketView bucket;
  bucket.user = text_of(object, "user");
  bucket.host = text_of(object, "host");
  bucket.group = text_of(object, "group");
  bucket.routes = texts_of(object, "routes");
  bucket.routes_left_off = static_cast<size_t>(number_of(object, "routes_left_off"));
  bucket.oldest_wait = milliseconds_of(object, "oldest_wait_ms");
  bucket.refusals = static_cast<uint64_t>(number_of(object, "refusals"));
  bucket.limit = known_number(object, "limit");
  bucket.remaining = known_number(object, "remaining");
  bucket.concurrent_limit = known_number(object, "concurrent_limit");
  bucket.window_s = number_of(object, "window_s");
  bucket.in_flight = number_of(object, "in_flight");
  bucket.in_flight_allowed = number_of(object, "in_flight_allowed");
  bucket.queued = static_cast<size_t>(number_of(object, "queued"));
  for (const auto& [kind, count] : part_of(object, "answers").items())
    if (count.is_number()) bucket.answers[kind] = count.get<uint64_t>();
  return bucket;
}

json document_of(const relay::PolicyView& policy) {
  return {{"allowed", policy.allowed}, {"by", policy.by}, {"dry_run", policy.dry_run}};
}

json document_of(const relay::Prospect& now) {
  return {
      {"grant", now.grant},
      {"grant_state", now.grant_state},
      {"permission", now.permission},
      {"remedy", or_null(now.remedy)},
      {"outcome", now.outcome},
      {"reason", or_null(now.reason)},
      {"wait_ms", milliseconds(now.wait)},
      {"retry_after_ms", milliseconds(now.retry_after)},
      {"ahead", now.ahead},
      {"limited", now.limited},
      {"policy", now.policy ? document_of(*now.policy) : json(nullptr)},
      {"bucket", now.bucket ? numbers_of(*now.bucket) : json(nullptr)},
  };
}

relay::Prospect prospect_of(const json& object) {
  relay::Prospect now;
  now.grant = text_of(object, "grant");
  now.grant_state = text_of(object, "grant_state");
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

// ----------------------------------------------------------------------------------- the requests

json or_null(std::string_view text) {
  return text.empty() ? json(nullptr) : json(std::string(text));
}

double exact_milliseconds(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

json document_of(const InspectedRequest& request) {
  return {
      {"number", request.number},
      {"ended_at", grants::format_timestamp(request.ended_at)},
      {"method", or_null(request.method.text())},
      {"route", or_null(request.route.text())},
      {"status", request.status},
      {"origin", or_null(request.origin.text())},
      {"cache", or_null(request.cache.text())},
      {"code", or_null(request.code.text())},
      {"reason", or_null(request.reason.text())},
      {"missing_scope", or_null(request.missing_scope.text())},
      {"grant", or_null(request.grant.text())},
      {"listener", or_null(request.listener.text())},
      {"client", or_null(request.client.text())},
      {"request_id", or_null(request.request_id.text())},
      {"bytes_in", request.bytes_in},
      {"bytes_out", request.bytes_out},
      {"queue_ms", exact_milliseconds(request.queue)},
      {"upstream_ms", exact_milliseconds(request.upstream)},
      {"total_ms", exact_milliseconds(request.total)},
      {"attempts", request.attempts},
      {"limited", request.limited},
  };
}

json document_of(const std::vector<QueueSample>& samples) {
  json list = json::array();
  for (const QueueSample& sample : samples)
    list.push_back({{"queued", sample.queued}, {"oldest_wait_ms", sample.oldest_wait_ms}});
  return list;
}

std::string printed(const json& document) {
  return document.dump(2, ' ', true, json::error_handler_t::replace);
}

}  // namespace

Result<StatusReport> parse_status(std::string_view json_text) {
  json document = json::parse(json_text, nullptr, false);
  auto grants = document.is_object() ? document.find("grants") : document.end();
  if (!document.is_object() || grants == document.end() || !grants->is_array())
    return fail("the answer is not Postern's status");
  StatusReport report;
  report.running = true;
  report.version = text_of(document, "version");
  report.pid = number_of(document, "pid");
  report.uptime_s = number_of(document, "uptime_s");
  report.ready = flag_of(document, "ready", false);
  report.draining = flag_of(document, "draining", false);
  report.listen = texts_of(document, "listen");
  for (const json& grant : *grants)
    if (grant.is_object()) report.grants.push_back(grant_of(grant));
  if (auto limits = document.find("limits"); limits != document.end() && limits->is_array()) {
    for (const json& bucket : *limits)
      if (bucket.is_object()) report.limits.push_back(bucket_of(bucket));
  }
  return report;
}

std::string format_status(const StatusReport& report) {
  json document;
  document["running"] = report.running;
  document["version"] = or_null(report.version);
  document["pid"] = report.running ? json(report.pid) : json(nullptr);
  document["uptime_s"] = report.running ? json(report.uptime_s) : json(nullptr);
  document["ready"] = report.ready;
  document["draining"] = report.draining;
  document["listen"] = report.listen;
  document["grants"] = json::array();
  for (const GrantReport& grant : report.grants) document["grants"].push_back(document_of(grant));
  document["limits"] = json::array();
  for (const relay::BucketView& bucket : report.limits)
    document["limits"].push_back(document_of(bucket));
  return printed(document);
}

std::string format_grants(const StatusReport& report) {
  json grants = json::array();
  for (const GrantReport& grant : report.grants) grants.push_back(document_of(grant));
  return printed({{"grants", std::move(grants)}});
}

std::string format_buckets(const StatusReport& report, const History& history) {
  json buckets = json::array();
  for (const relay::BucketView& bucket : report.limits) buckets.push_back(document_of(bucket));
  const auto interval = std::chrono::duration_cast<std::chrono::seconds>(History::kInterval);
  return printed({{"buckets", std::move(buckets)},
                  {"interval_s", interval.count()},
                  {"history", document_of(history.of_all())}});
}

std::string format_requests(const Inspector& inspector) {
  json requests = json::array();
  for (size_t back = 0; back < inspector.size(); ++back)
    requests.push_back(document_of(inspector.newest(back)));
  return printed({{"total", inspector.total()},
                  {"kept", inspector.most()},
                  {"requests", std::move(requests)}});
}

std::string format_explanation(const relay::Explanation& explanation) {
  return printed({
      {"method", explanation.method},
      {"path", explanation.path},
      {"sent_as", or_null(explanation.sent_as)},
      {"endpoint", document_of(explanation.endpoint)},
      {"now", explanation.now ? document_of(*explanation.now) : json(nullptr)},
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
  const json& now = part_of(document, "now");
  if (!now.empty()) explanation.now = prospect_of(now);
  return explanation;
}

}  // namespace postern::admin
