#include "page.h"

#include <algorithm>
#include <array>
#include <optional>

#include "world.h"

namespace postern::sandbox {
namespace {

constexpr std::int64_t kMaxPage = 100;

struct Window {
  std::int64_t offset = 0;
  std::int64_t size = kMaxPage;
};

// A cursor is value:offset:is_previous.
std::optional<std::int64_t> offset_of(const std::string& cursor) {
  if (std::count(cursor.begin(), cursor.end(), ':') != 2) return std::nullopt;
  const std::vector<std::string> parts = split(cursor, ':');
  if (parts.size() != 3) return std::nullopt;
  Fields fields;
  fields.add("offset", parts[1]);
  const auto offset = fields.number("offset");
  return offset && *offset >= 0 ? offset : std::nullopt;
}

std::string query_without_cursor(const Request& request) {
  std::string query;
  for (const std::string& pair : split(request.raw_query, '&')) {
    if (pair.rfind("cursor=", 0) == 0) continue;
    if (!query.empty()) query += '&';
    query += pair;
  }
  return query;
}

struct Neighbour {
  const char* rel;
  std::int64_t offset;
  bool exists;
};

// Without another query parameter the URL contains `?&cursor=`, as Sentry's do.
std::string link_to(const Call& call, const Neighbour& to) {
  const bool back = to.rel == std::string_view("previous");
  const std::string cursor = "0:" + std::to_string(to.offset) + (back ? ":1" : ":0");
  return "<" + public_origin(call) + call.request.path + "?" + query_without_cursor(call.request) +
         "&cursor=" + cursor + ">; rel=\"" + to.rel + "\"; results=\"" +
         (to.exists ? "true" : "false") + "\"; cursor=\"" + cursor + "\"";
}

std::optional<Reply> read_window(const Request& request, Window& window) {
  for (const char* name : {"per_page", "limit"}) {
    if (!request.query.get(name)) continue;
    const auto size = request.query.number(name);
    if (!size) return detail_reply(400, std::string("Invalid ") + name + " parameter.");
    if (*size < 1 || *size > kMaxPage) {
      return detail_reply(400,
                          std::string("Invalid ") + name + " value. Must be between 1 and 100.");
    }
    window.size = *size;
  }
  const auto cursor = request.query.get("cursor");
  if (!cursor || cursor->empty()) return std::nullopt;
  const auto offset = offset_of(*cursor);
  if (!offset) return detail_reply(400, "Invalid cursor parameter.");
  window.offset = *offset;
  return std::nullopt;
}

}  // namespace

bool is_control_silo(const Match& match) {
  static constexpr std::array<std::string_view, 10> kControl = {"api-keys",
                                                                "audit-logs",
                                                                "broadcasts",
                                                                "data-secrecy",
                                                                "integrations",
                                                                "org-auth-tokens",
                                                                "pipeline",
                                                                "sentry-app-components",
                                                                "sentry-app-installations",
                                                                "sentry-apps"};
  const auto& segments = match.route->segments;
  const std::string_view first = segments.size() > 2 ? segments[2] : std::string_view();
  if (first == "organizations" && segments.size() > 4) {
    return std::find(kControl.begin(), kControl.end(), segments[4]) != kControl.end();
  }
  // Without an organization in the path these are pinned to the default cell.
  const bool cell = first == "issues" || first == "groups" || first == "projects" ||
                    first == "relays" || first == "teams" || first == "accept-transfer";
  return !cell && !(first == "organizations" && segments.size() > 3);
}

std::string public_origin(const Call& call) {
  const PublicHosts& hosts = call.world.hosts;
  const auto label = hosts.label_of(call.request.headers.header("Host").value_or(""));
  if (label && *label != "us" && *label != "de") return hosts.named(*label);
  return is_control_silo(call.match) ? hosts.control() : hosts.region();
}

Reply page_of(Call& call, std::int64_t total, const std::function<Json(std::int64_t)>& item) {
  Window window;
  if (auto refused = read_window(call.request, window)) return *refused;
  const std::int64_t end = std::min(total, window.offset + window.size);
  std::vector<Json> items;
  for (std::int64_t i = window.offset; i < end; ++i) items.push_back(item(i));
  Reply reply = json_reply(200, Json::array(items));
  const std::int64_t before = std::max<std::int64_t>(0, window.offset - window.size);
  const std::string previous = link_to(call, {"previous", before, window.offset > 0});
  const std::string next = link_to(call, {"next", window.offset + window.size, end < total});
  reply.headers.add("Link", previous + ", " + next);
  return reply;
}

Reply page_of(Call& call, const std::vector<Json>& items) {
  return page_of(call, static_cast<std::int64_t>(items.size()),
                 [&](std::int64_t index) { return items[static_cast<std::size_t>(index)]; });
}

}  // namespace postern::sandbox
