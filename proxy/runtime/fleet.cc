#include "runtime/fleet.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "admin/health.h"
#include "base/background.h"
#include "event/deadline.h"
#include "grants/digest.h"
#include "redis/client.h"
#include "runtime/adapters.h"
#include "runtime/lease_view.h"
#include "runtime/process.h"
#include "runtime/roll_call.h"
#include "runtime/store.h"
#include "wire/kubernetes_blocking.h"
#include "wire/redis_client.h"
#include "wire/resolver.h"

namespace postern::runtime {
namespace {

constexpr Duration kLeaving = std::chrono::milliseconds(200);

std::vector<std::string> shared_grants(const config::Options& options) {
  std::vector<std::string> names;
  for (const config::GrantSetup& setup : options.grants)
    if (setup.grant.kind != grants::Kind::kStatic) names.push_back(setup.grant.name);
  return names;
}

// In a Redis, where each writes that it is there.
class RedisFleet final : public Fleet {
 public:
  RedisFleet(event::Loop& loop, std::unique_ptr<wire::Resolver> resolver,
             std::unique_ptr<redis::Client> client, RollCallOptions options, RollCall::Tools tools)
      : loop_(loop),
        resolver_(std::move(resolver)),
        client_(std::move(client)),
        roll_call_(std::move(options), std::move(tools)) {}

  void start() override { roll_call_.start(); }
  void leave() override {
    event::Deadline patience(loop_, [this] { loop_.stop(); });
    if (!roll_call_.leave([this] { loop_.stop(); })) return;
    patience.set_after(kLeaving);
    loop_.run();
  }
  admin::FleetSource& source() override { return roll_call_; }

 private:
  event::Loop& loop_;
  std::unique_ptr<wire::Resolver> resolver_;
  std::unique_ptr<redis::Client> client_;
  RollCall roll_call_;
};

// In Kubernetes, where the Lease tells who refreshes.
class ClusterFleet final : public Fleet, private Background {
 public:
  ClusterFleet(event::Loop& loop, std::unique_ptr<kubernetes::Server> server,
               LeaseViewOptions options, const Clock& clock,
               std::function<admin::Presence()> describe)
      : loop_(loop),
        server_(std::move(server)),
        view_(std::move(options), {*server_, *this, clock, std::move(describe)}) {}

  void start() override {}
  void leave() override {}
  admin::FleetSource& source() override { return view_; }

 private:
  void post(std::function<void()> work, std::function<void()> done) override {
    if (!lane_) lane_.emplace(loop_);
    lane_->post(std::move(work), std::move(done));
  }

  event::Loop& loop_;
  std::unique_ptr<kubernetes::Server> server_;
  LeaseView view_;
  std::optional<LaneBackground> lane_;  // from the first look on; last: its end drops its jobs
};

using Made = Result<std::unique_ptr<Fleet>>;
using Describe = std::function<admin::Presence()>;

Made make_in_redis(const Fleet::Tools& tools, std::string id, Describe describe) {
  const redis::Options redis = config::redis_options(tools.options.store);
  auto resolver = std::make_unique<wire::Resolver>(tools.loop);
  auto client = wire::make_redis_client(tools.loop, *resolver, redis);
  if (!client) return fail("store.redis: " + client.error().what);
  if (id.empty()) id = grants::base64url(grants::random_bytes(12));
  RollCallOptions options{redis.prefix, place_of(redis), std::move(id), redis.presence,
                          shared_grants(tools.options)};
  RollCall::Tools parts{**client,     tools.timers,        tools.clock,
                        tools.logger, std::move(describe), tools.on_sharers};
  return std::unique_ptr<Fleet>(std::make_unique<RedisFleet>(
      tools.loop, std::move(resolver), std::move(*client), std::move(options), std::move(parts)));
}

Made make_in_cluster(const Fleet::Tools& tools, std::string id, Describe describe) {
  auto cluster = cluster_of(tools.options.store);
  if (!cluster) return tl::unexpected(cluster.error());
  cluster->timeout = std::min<Duration>(cluster->timeout, LeaseView::kPatience / 2);
  auto server = wire::KubernetesBlocking::make(*cluster);
  if (!server) return fail("store.kubernetes: " + server.error().what);
  LeaseViewOptions options{std::move(*cluster), std::move(id), shared_grants(tools.options)};
  return std::unique_ptr<Fleet>(std::make_unique<ClusterFleet>(
      tools.loop, std::move(*server), std::move(options), tools.clock, std::move(describe)));
}

}  // namespace

Result<std::unique_ptr<Fleet>> Fleet::make(Tools tools, std::string id) {
  if (shared_grants(tools.options).empty()) return std::unique_ptr<Fleet>();
  Describe describe = [health = std::move(tools.health), name = host_name(),
                       shares = tools.shares_limits] {
    return presence_of(health(), name, shares);
  };
  switch (tools.options.store.kind) {
    case config::StoreKind::kFile:
      break;
    case config::StoreKind::kRedis:
      return make_in_redis(tools, std::move(id), std::move(describe));
    case config::StoreKind::kKubernetes:
      return make_in_cluster(tools, std::move(id), std::move(describe));
  }
  return std::unique_ptr<Fleet>();
}

admin::Presence presence_of(const admin::StatusReport& health, std::string name,
                            bool shares_limits) {
  admin::Presence presence;
  presence.name = std::move(name);
  presence.pid = health.pid;
  presence.version = health.version;
  presence.uptime_s = health.uptime_s;
  presence.shares_limits = shares_limits;
  const std::vector<admin::Check> checks = admin::readiness(health);
  presence.ready = admin::all_pass(checks);
  for (const admin::Check& check : checks)
    if (presence.why.empty() && !check.fault.empty())
      presence.why = check.name + ": " + check.fault;
  for (const admin::GrantReport& grant : health.grants)
    if (grant.kind != to_string(grants::Kind::kStatic))
      presence.generations[grant.name] = grant.generation;
  return presence;
}

}  // namespace postern::runtime
