// Would a Redis do for limits that are shared? For `postern doctor`.
#pragma once

#include <string>

#include "base/result.h"
#include "config/options.h"
#include "redis/client.h"

namespace postern::runtime {

// What can be said of it: "Redis 7.0.15 at redis://host:6379". The error says what is in the way:
// it is out of reach, too old, or a right is missing. Leaves nothing behind for longer than a
// second. Waits for the server.
Result<std::string> probe_limits(redis::Server& server, const std::string& prefix,
                                 const std::string& place);

// The same for the one that `options` name, with which it connects.
Result<std::string> probe_limits(const config::Options& options);

}  // namespace postern::runtime
