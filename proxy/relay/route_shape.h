// The shape of a path: equal for requests that ask for the same kind of thing.
#pragma once

#include <string_view>

#include "base/fixed_text.h"

namespace postern::relay {

using RouteShape = FixedText<200>;

// "GET", "/api/0/organizations/acme/issues/42/" → "GET /api/0/organizations/*/issues/*/". Names of
// organizations, projects and teams, and what looks like an id or a version, become stars. Pure.
RouteShape route_shape(std::string_view method, std::string_view path);

}  // namespace postern::relay
