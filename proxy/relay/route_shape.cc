#include "relay/route_shape.h"

#include <algorithm>

namespace postern::relay {
namespace {

// How many names follow the first word of an API path: projects/{organization}/{project}.
int names_after(std::string_view first_word) {
  if (first_word == "organizations") return 1;
  if (first_word == "projects" || first_word == "teams") return 2;
  return 0;
}

// The words of Sentry's paths are lower-case letters and hyphens.
bool is_word(std::string_view segment) {
  return std::all_of(segment.begin(), segment.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

}  // namespace

RouteShape route_shape(std::string_view method, std::string_view path) {
  constexpr std::string_view kApi = "/api/0/";
  RouteShape shape(method);
  shape.append(" ");
  if (path.starts_with(kApi)) {
    shape.append(kApi);
    path.remove_prefix(kApi.size());
  }
  int names = names_after(path.substr(0, path.find('/')));
  for (bool first = true; !path.empty() && !shape.is_full(); first = false) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    const bool is_name = !first && names-- > 0;
    shape.append(is_name || !is_word(segment) ? std::string_view("*") : segment);
    if (end < path.size()) shape.append("/");
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return shape;
}

}  // namespace postern::relay
