#include "routes.h"

#include <algorithm>
#include <cstdlib>

#include "message.h"
#include "route_table.h"

namespace postern::sandbox {
namespace {

bool is_parameter(std::string_view segment) {
  return !segment.empty() && segment.find('{') != std::string_view::npos;
}

// A segment like {project}:{event_id} wants its colon.
bool fits(std::string_view pattern, std::string_view segment) {
  if (!is_parameter(pattern)) return pattern == segment;
  const bool colon = pattern.find("}:{") != std::string_view::npos;
  return !colon || segment.find(':') != std::string_view::npos;
}

bool fits(const Route& route, const std::vector<std::string>& segments, bool slash) {
  if (route.segments.size() != segments.size() || route.trailing_slash != slash) return false;
  return std::equal(
      segments.begin(), segments.end(), route.segments.begin(),
      [](const auto& segment, const auto& pattern) { return fits(pattern, segment); });
}

// The left-most literal decides between two routes that both fit.
bool is_closer(const Route& left, const Route& right) {
  for (std::size_t i = 0; i < left.segments.size(); ++i) {
    const bool parameter = is_parameter(left.segments[i]);
    if (parameter != is_parameter(right.segments[i])) return !parameter;
  }
  return false;
}

}  // namespace

const Operation* Route::find(std::string_view method) const {
  for (const Operation& operation : operations) {
    if (operation.method == method) return &operation;
  }
  return nullptr;
}

std::string Route::bucket_label(std::string_view method) const {
  return (own_bucket ? view : group) + ":" + std::string(method);
}

std::string_view Match::parameter(std::string_view name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

Routes::Routes() {
  for (const char* row : kRouteTable) add(row);
}

void Routes::add(std::string_view row) {
  const std::vector<std::string> columns = split(row, '\t');
  if (columns.size() != 6 || row.front() == '#') return;
  const std::string& path = columns[1];
  if (routes_.empty() || routes_.back().path != path) {
    Route route;
    route.path = path;
    route.segments = split(path, '/');
    route.trailing_slash = path.back() == '/';
    routes_.push_back(std::move(route));
  }
  Route& route = routes_.back();
  const std::string& bucket = columns[4];
  route.view = columns[5];
  if (bucket == "own") route.own_bucket = true;
  if (route.group.empty() || bucket == "group:CLI") {
    route.group = bucket == "group:CLI" ? "CLI" : "default";
  }
  route.operations.push_back({columns[0], split(columns[2], ' '), columns[3]});
}

Match Routes::match(std::string_view path) const {
  const std::vector<std::string> segments = segments_of(path);
  const bool slash = !path.empty() && path.back() == '/';
  Match match;
  for (const Route& route : routes_) {
    if (!fits(route, segments, slash)) continue;
    if (match.route == nullptr || is_closer(route, *match.route)) match.route = &route;
  }
  if (match.route == nullptr) return match;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& pattern = match.route->segments[i];
    if (!is_parameter(pattern)) continue;
    match.parameters[pattern.substr(1, pattern.size() - 2)] = segments[i];
  }
  return match;
}

Limit documented_limit(const std::string& limits, std::string_view category, Limit otherwise) {
  Limit limit = otherwise;
  for (const std::string& item : split(limits, ';')) {
    const auto colon = item.find(':');
    if (colon == std::string::npos) continue;
    const std::string kind = item.substr(0, colon);
    const char* numbers = item.c_str() + colon + 1;
    char* rest = nullptr;
    const long first = std::strtol(numbers, &rest, 10);
    if (kind == category && *rest == '/') {
      limit.requests = first;
      limit.window_s = std::strtol(rest + 1, nullptr, 10);
    } else if (kind == "concurrent" || kind == "concurrent." + std::string(category)) {
      limit.concurrent = first;
    }
  }
  return limit;
}

}  // namespace postern::sandbox
