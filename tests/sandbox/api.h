// The API below /api/0/: routes, limiter, access, and the endpoint itself.
#pragma once

#include <functional>

#include "server.h"

namespace postern::sandbox {

struct World;

Outcome answer_api(World& world, const Request& request);

}  // namespace postern::sandbox
