#include "monitors.h"

#include "digest.h"
#include "page.h"
#include "world.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kCreatedMs = 1700000000000;

Reply wrong_field(std::string_view field, std::string_view problem) {
  return json_reply(400, Json::object({{field, std::vector<std::string>{std::string(problem)}}}));
}

Json monitor_json(const Call& call, const Monitor& monitor) {
  const Project* project = Directory::find(*call.organization, monitor.project);
  const Json owner = Json::object({{"id", project != nullptr ? project->id : ""},
                                   {"slug", monitor.project},
                                   {"name", monitor.project},
                                   {"platform", project != nullptr ? project->platform : ""}});
  return Json::object({{"id", monitor.id},
                       {"slug", monitor.slug},
                       {"name", monitor.name},
                       {"status", monitor.status},
                       {"isMuted", false},
                       {"isUpserting", false},
                       {"config", Json::object({{"schedule_type", monitor.schedule_type},
                                                {"schedule", monitor.schedule},
                                                {"checkin_margin", Json()},
                                                {"max_runtime", Json()},
                                                {"timezone", "UTC"}})},
                       {"dateCreated", iso_time(kCreatedMs)},
                       {"project", owner},
                       {"owner", Json()},
                       {"environments", Json::array({})}});
}

Monitor* named_monitor(Call& call) {
  return call.world.monitors.find(call.organization->slug, call.match.parameter("monitor"));
}

Reply not_found() {
  return detail_reply(404, "The requested resource does not exist");
}

Reply list_monitors(Call& call) {
  std::vector<Json> items;
  for (const Monitor& monitor : call.world.monitors.of[call.organization->slug]) {
    items.push_back(monitor_json(call, monitor));
  }
  return page_of(call, items);
}

std::string slug_of(const std::string& name) {
  std::string slug;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    slug += upper ? static_cast<char>(c - 'A' + 'a') : kept ? c : '-';
  }
  return slug;
}

void update(Monitor& monitor, const JsonObject& body) {
  monitor.name = body.text("name").value_or(monitor.name);
  monitor.status = body.text("status").value_or(monitor.status);
  const auto config = body.object("config");
  if (!config) return;
  monitor.schedule_type = config->text("schedule_type").value_or(monitor.schedule_type);
  monitor.schedule = config->text("schedule").value_or(monitor.schedule);
}

Reply create_monitor(Call& call) {
  const auto body = JsonObject::parse(call.request.body);
  if (!body) return detail_reply(400, "JSON parse error");
  const auto name = body->text("name");
  if (!name || name->empty()) return wrong_field("name", "This field is required.");
  const Project* project = Directory::find(*call.organization, body->text("project").value_or(""));
  if (project == nullptr) return wrong_field("project", "Invalid project");
  Monitor monitor;
  monitor.id = random_hex(16);
  monitor.slug = body->text("slug").value_or(slug_of(*name));
  monitor.project = project->slug;
  if (call.world.monitors.find(call.organization->slug, monitor.slug) != nullptr) {
    return wrong_field("slug", "The slug \"" + monitor.slug + "\" is already in use.");
  }
  update(monitor, *body);
  auto& all = call.world.monitors.of[call.organization->slug];
  all.push_back(std::move(monitor));
  return json_reply(201, monitor_json(call, all.back()));
}

Reply show_monitor(Call& call) {
  const Monitor* monitor = named_monitor(call);
  return monitor == nullptr ? not_found() : json_reply(200, monitor_json(call, *monitor));
}

Reply update_monitor(Call& call) {
  Monitor* monitor = named_monitor(call);
  if (monitor == nullptr) return not_found();
  const auto body = JsonObject::parse(call.request.body);
  if (!body) return detail_reply(400, "JSON parse error");
  update(*monitor, *body);
  return json_reply(200, monitor_json(call, *monitor));
}

// 202: Sentry deletes later.
Reply delete_monitor(Call& call) {
  const Monitor* monitor = named_monitor(call);
  if (monitor == nullptr) return not_found();
  auto& all = call.world.monitors.of[call.organization->slug];
  all.erase(all.begin() + (monitor - all.data()));
  Reply reply;
  reply.status = 202;
  return reply;
}

}  // namespace

Monitor* Monitors::find(const std::string& organization, std::string_view slug_or_id) {
  for (Monitor& monitor : of[organization]) {
    if (monitor.slug == slug_or_id || monitor.id == slug_or_id) return &monitor;
  }
  return nullptr;
}

const std::vector<Endpoint>& monitor_endpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"OrganizationMonitorIndexEndpoint", "GET", list_monitors},
      {"OrganizationMonitorIndexEndpoint", "POST", create_monitor},
      {"OrganizationMonitorDetailsEndpoint", "GET", show_monitor},
      {"OrganizationMonitorDetailsEndpoint", "PUT", update_monitor},
      {"OrganizationMonitorDetailsEndpoint", "DELETE", delete_monitor},
  };
  return endpoints;
}

}  // namespace postern::sandbox
