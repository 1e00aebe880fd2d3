// Makes the client for a server, a master that Sentinel names, or a cluster.
#pragma once

#include <memory>

#include "base/result.h"
#include "event/loop.h"
#include "redis/client.h"
#include "redis/options.h"
#include "wire/redis_link.h"
#include "wire/resolver.h"

namespace postern::wire {

// Connects to nothing yet, but reads the files that the options name, so that what is wrong with
// them is told now. Loop and resolver must outlive the client. Loop thread.
Result<std::unique_ptr<redis::Client>> make_redis_client(event::Loop& loop, Resolver& resolver,
                                                         const redis::Options& options);

// What such a client and a subscription begin with.
Result<std::unique_ptr<RedisSetup>> make_redis_setup(event::Loop& loop, Resolver& resolver,
                                                     const redis::Options& options);

}  // namespace postern::wire
