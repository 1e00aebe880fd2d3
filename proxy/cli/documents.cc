#include "cli/documents.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace postern::cli {
namespace {

using nlohmann::json;

json parse(std::string_view text) {
  return json::parse(text, nullptr, false);
}

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

std::optional<SeenOrganization> organization_of(const json& object) {
  SeenOrganization seen{text_of(object, "slug"), text_of(object, "id")};
  if (seen.slug.empty() || !text::parse_unsigned(seen.id)) return {};
  return seen;
}

GrantReport grant_of(const json& object) {
  GrantReport grant;
  grant.name = text_of(object, "name");
  grant.kind = text_of(object, "kind");
  grant.state = text_of(object, "state");
  grant.required = flag_of(object, "required", true);
  const json& organization = part_of(object, "organization");
  grant.organization = {text_of(organization, "slug"), text_of(organization, "id")};
  const json& user = part_of(object, "user");
  grant.user_id = text_of(user, "id");
  grant.user_name = text_of(user, "name");
  grant.user_email = text_of(user, "email");
  auto scopes = object.find("scopes");
  if (scopes != object.end() && scopes->is_array()) {
    for (const json& scope : *scopes)
      if (scope.is_string()) grant.scopes.push_back(scope.get<std::string>());
  }
  grant.expires_at = text_of(object, "expires_at");
  auto left = object.find("expires_in_s");
  if (left != object.end() && left->is_number()) grant.expires_in_s = left->get<int64_t>();
  grant.next_refresh = text_of(object, "next_refresh");
  grant.generation = static_cast<uint64_t>(number_of(object, "generation"));
  grant.last_error = text_of(object, "last_error");
  grant.last_error_at = text_of(object, "last_error_at");
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
      {"organization", {{"slug", grant.organization.slug}, {"id", or_null(grant.organization.id)}}},
      {"scopes", grant.scopes},
      {"expires_at", or_null(grant.expires_at)},
      {"next_refresh", or_null(grant.next_refresh)},
      {"generation", grant.generation},
      {"last_error", or_null(grant.last_error)},
      {"last_error_at", or_null(grant.last_error_at)},
      {"stored", grant.stored},
      {"needs_person", grant.needs_person},
      {"where", grant.where},
      {"refreshes", grant.refreshes},
  };
  object["user"] = {{"id", or_null(grant.user_id)},
                    {"name", or_null(grant.user_name)},
                    {"email", or_null(grant.user_email)}};
  object["expires_in_s"] = grant.expires_in_s ? json(*grant.expires_in_s) : json(nullptr);
  return object;
}

}  // namespace

Result<SeenOrganization> parse_organization(std::string_view json_text) {
  auto seen = organization_of(parse(json_text));
  if (!seen) return fail("Sentry's answer names no organization");
  return *seen;
}

Result<std::vector<SeenOrganization>> parse_organizations(std::string_view json_text) {
  json document = parse(json_text);
  if (!document.is_array()) return fail("Sentry's answer is not a list of organizations");
  std::vector<SeenOrganization> all;
  for (const json& entry : document)
    if (auto seen = organization_of(entry)) all.push_back(std::move(*seen));
  return all;
}

Result<StatusReport> parse_status(std::string_view json_text) {
  json document = parse(json_text);
  auto grants = document.is_object() ? document.find("grants") : document.end();
  if (!document.is_object() || grants == document.end() || !grants->is_array())
    return fail("the answer is not Postern's status");
  StatusReport report;
  report.running = true;
  report.version = text_of(document, "version");
  report.pid = number_of(document, "pid");
  report.uptime_s = number_of(document, "uptime_s");
  report.ready = flag_of(document, "ready", false);
  for (const json& grant : *grants)
    if (grant.is_object()) report.grants.push_back(grant_of(grant));
  return report;
}

std::string format_status(const StatusReport& report) {
  json document;
  document["running"] = report.running;
  document["version"] = or_null(report.version);
  document["pid"] = report.running ? json(report.pid) : json(nullptr);
  document["uptime_s"] = report.running ? json(report.uptime_s) : json(nullptr);
  document["ready"] = report.ready;
  document["grants"] = json::array();
  for (const GrantReport& grant : report.grants) document["grants"].push_back(document_of(grant));
  return document.dump(2, ' ', true, json::error_handler_t::replace);
}

}  // namespace postern::cli
