// The status document, and the parts of it that have addresses of their own.
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "admin/bucket_document.h"
#include "admin/history.h"
#include "admin/json_fields.h"
#include "admin/status_report.h"

namespace postern::admin {
namespace {

using nlohmann::json;

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
  grant.expires_in_s = known_number(object, "expires_in_s");
  grant.lifetime_s = known_number(object, "lifetime_s");
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
  object["expires_in_s"] = or_null(grant.expires_in_s);
  object["lifetime_s"] = or_null(grant.lifetime_s);
  return object;
}

constexpr std::array<std::pair<const char*, uint64_t CacheReport::*>, 7> kCacheNumbers{{
    {"bytes", &CacheReport::bytes},
    {"max_bytes", &CacheReport::max_bytes},
    {"answers", &CacheReport::answers},
    {"hits", &CacheReport::hits},
    {"coalesced", &CacheReport::coalesced},
    {"misses", &CacheReport::misses},
    {"bypasses", &CacheReport::bypasses},
}};

constexpr std::array<std::pair<const char*, uint64_t UpstreamReport::*>, 7> kUpstreamNumbers{{
    {"busy", &UpstreamReport::busy},
    {"idle", &UpstreamReport::idle},
    {"connecting", &UpstreamReport::connecting},
    {"waiting", &UpstreamReport::waiting},
    {"connected", &UpstreamReport::connected},
    {"resumed", &UpstreamReport::resumed},
    {"connect_failures", &UpstreamReport::connect_failures},
}};

json document_of(const UpstreamReport& upstream) {
  json object = {{"url", upstream.url}, {"purpose", upstream.for_tokens ? "tokens" : "requests"}};
  for (const auto& [name, number] : kUpstreamNumbers) object[name] = upstream.*number;
  return object;
}

UpstreamReport upstream_of(const json& object) {
  UpstreamReport upstream;
  upstream.url = text_of(object, "url");
  upstream.for_tokens = text_of(object, "purpose") == "tokens";
  for (const auto& [name, number] : kUpstreamNumbers)
    upstream.*number = static_cast<uint64_t>(number_of(object, name));
  return upstream;
}

json document_of(const CertificateReport& certificate) {
  return {{"listener", certificate.listener},
          {"file", certificate.file},
          {"names", certificate.names},
          {"expires_at", certificate.expires_at},
          {"expires_in_s", certificate.expires_in_s},
          {"callers_expire_at", or_null(certificate.callers_expire_at)},
          {"callers_expire_in_s", or_null(certificate.callers_expire_in_s)},
          {"loaded_at", or_null(certificate.loaded_at)},
          {"fault", or_null(certificate.fault)}};
}

CertificateReport certificate_of(const json& object) {
  CertificateReport certificate;
  certificate.listener = text_of(object, "listener");
  certificate.file = text_of(object, "file");
  certificate.names = texts_of(object, "names");
  certificate.expires_at = text_of(object, "expires_at");
  certificate.expires_in_s = number_of(object, "expires_in_s");
  certificate.callers_expire_at = text_of(object, "callers_expire_at");
  certificate.callers_expire_in_s = known_number(object, "callers_expire_in_s");
  certificate.loaded_at = text_of(object, "loaded_at");
  certificate.fault = text_of(object, "fault");
  return certificate;
}

json document_of(const CacheReport& cache) {
  json object;
  for (const auto& [name, number] : kCacheNumbers) object[name] = cache.*number;
  return object;
}

CacheReport cache_report_of(const json& object) {
  CacheReport cache;
  for (const auto& [name, number] : kCacheNumbers)
    cache.*number = static_cast<uint64_t>(number_of(object, name));
  return cache;
}

json document_of(const ShareReport& share) {
  return {{"replicas", share.replicas},
          {"fault", or_null(share.fault)},
          {"answered", share.answered},
          {"late", share.late},
          {"failed", share.failed}};
}

ShareReport share_report_of(const json& object) {
  const auto count = [&](const char* name) {
    return static_cast<uint64_t>(number_of(object, name));
  };
  return {count("replicas"), text_of(object, "fault"), count("answered"), count("late"),
          count("failed")};
}

json document_of(const ConfigurationReport& configuration) {
  return {{"loads", configuration.loads},
          {"loaded_at", or_null(configuration.loaded_at)},
          {"refusals", configuration.refusals},
          {"fault", or_null(configuration.fault)},
          {"need_restart", configuration.need_restart}};
}

ConfigurationReport configuration_of(const json& object) {
  ConfigurationReport configuration;
  configuration.loads = static_cast<uint64_t>(number_of(object, "loads"));
  configuration.loaded_at = text_of(object, "loaded_at");
  configuration.refusals = static_cast<uint64_t>(number_of(object, "refusals"));
  configuration.fault = text_of(object, "fault");
  configuration.need_restart = texts_of(object, "need_restart");
  return configuration;
}

json document_of(const std::vector<QueueSample>& samples) {
  json list = json::array();
  for (const QueueSample& sample : samples)
    list.push_back({{"queued", sample.queued}, {"oldest_wait_ms", sample.oldest_wait_ms}});
  return list;
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
  report.store_fault = text_of(document, "store_fault");
  report.log_level = text_of(document, "log_level");
  report.configuration = configuration_of(part_of(document, "configuration"));
  report.listen = texts_of(document, "listen");
  if (const json& cache = part_of(document, "cache"); !cache.empty())
    report.cache = cache_report_of(cache);
  if (const json& share = part_of(document, "limits_share"); !share.empty())
    report.share = share_report_of(share);
  for (const json& grant : *grants)
    if (grant.is_object()) report.grants.push_back(grant_of(grant));
  for (const json& bucket : list_of(document, "limits"))
    if (bucket.is_object()) report.limits.push_back(bucket_of(bucket));
  for (const json& upstream : list_of(document, "upstreams"))
    if (upstream.is_object()) report.upstreams.push_back(upstream_of(upstream));
  for (const json& certificate : list_of(document, "certificates"))
    if (certificate.is_object()) report.certificates.push_back(certificate_of(certificate));
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
  document["store_fault"] = or_null(report.store_fault);
  document["log_level"] = or_null(report.log_level);
  document["configuration"] = document_of(report.configuration);
  document["listen"] = report.listen;
  document["cache"] = report.cache ? document_of(*report.cache) : json(nullptr);
  document["limits_share"] = report.share ? document_of(*report.share) : json(nullptr);
  document["grants"] = json::array();
  for (const GrantReport& grant : report.grants) document["grants"].push_back(document_of(grant));
  document["limits"] = json::array();
  for (const relay::BucketView& bucket : report.limits)
    document["limits"].push_back(document_of(bucket));
  document["upstreams"] = json::array();
  for (const UpstreamReport& upstream : report.upstreams)
    document["upstreams"].push_back(document_of(upstream));
  document["certificates"] = json::array();
  for (const CertificateReport& certificate : report.certificates)
    document["certificates"].push_back(document_of(certificate));
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

}  // namespace postern::admin
