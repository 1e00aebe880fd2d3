// The shape of a path: equal for requests that ask for the same kind of thing.
#pragma once

#include <string>
#include <string_view>

namespace postern::relay {

// "GET", "/api/0/organizations/acme/issues/42/" → "GET /api/0/organizations/*/issues/*/". Names of
// organizations, projects and teams, and what looks like an id or a version, become stars. Cut
// after 200 bytes. Pure.
std::string route_shape(std::string_view method, std::string_view path);

}  // namespace postern::relay
