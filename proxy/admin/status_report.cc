#include "admin/status_report.h"

#include <nlohmann/json.hpp>

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
      {"usable", grant.usable},
      {"organization", {{"slug", grant.organization}, {"id", or_null(grant.organization_id)}}},
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
  return document.dump(2, ' ', true, json::error_handler_t::replace);
}

}  // namespace postern::admin
