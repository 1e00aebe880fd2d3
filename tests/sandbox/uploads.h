// Chunk upload and assembly, and the endpoints that exist only here: a sink, a source and an echo.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "call.h"

namespace postern::sandbox {

struct Uploads {
  std::map<std::string, std::uint64_t> chunks;  // stored size by sha1
};

const std::vector<Endpoint>& upload_endpoints();

}  // namespace postern::sandbox
