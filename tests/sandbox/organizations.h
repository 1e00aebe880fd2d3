// The endpoints about organizations, projects, the user and regions.
#pragma once

#include <vector>

#include "call.h"

namespace postern::sandbox {

const std::vector<Endpoint>& organization_endpoints();

}  // namespace postern::sandbox
