#include "wire/redis_client.h"

#include <utility>

#include "wire/redis_cluster.h"
#include "wire/redis_connection.h"
#include "wire/redis_failover.h"

namespace postern::wire {
namespace {

Result<void> check_files(RedisSetup& setup) {
  const redis::Options& options = setup.options;
  for (const std::string& path : {options.password_file, options.sentinel_password_file}) {
    if (path.empty()) continue;
    if (auto secret = read_secret(path); !secret) return fail(secret.error().what);
  }
  if (!setup.topology.tls) return {};
  if (auto tls = setup.tls.context(); !tls) return fail(tls.error().what);
  return {};
}

// One server: a connection, and what it needs.
class OneServer final : public redis::Client {
 public:
  explicit OneServer(std::unique_ptr<RedisSetup> setup)
      : setup_(std::move(setup)), connection_(*setup_, setup_->topology.addresses.front()) {}

  void send(redis::Command command, Callback callback) override {
    connection_.send(std::move(command), std::move(callback));
  }

 private:
  std::unique_ptr<RedisSetup> setup_;
  RedisConnection connection_;
};

}  // namespace

Result<std::unique_ptr<RedisSetup>> make_redis_setup(event::Loop& loop, Resolver& resolver,
                                                     const redis::Options& options) {
  auto topology = redis::topology_of(options);
  if (!topology) return fail(topology.error().text());
  auto setup = std::make_unique<RedisSetup>(loop, resolver, options, std::move(*topology));
  if (auto done = check_files(*setup); !done) return fail(done.error().what);
  return setup;
}

Result<std::unique_ptr<redis::Client>> make_redis_client(event::Loop& loop, Resolver& resolver,
                                                         const redis::Options& options) {
  auto setup = make_redis_setup(loop, resolver, options);
  if (!setup) return fail(setup.error().what);
  switch ((*setup)->topology.kind) {
    case redis::Topology::Kind::kSentinel:
      return std::make_unique<RedisFailover>(std::move(*setup));
    case redis::Topology::Kind::kCluster:
      return std::make_unique<RedisCluster>(std::move(*setup));
    case redis::Topology::Kind::kServer:
      break;
  }
  return std::make_unique<OneServer>(std::move(*setup));
}

}  // namespace postern::wire
