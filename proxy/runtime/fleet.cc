#include "runtime/fleet.h"

#include <chrono>
#include <utility>

#include "admin/health.h"
#include "event/deadline.h"
#include "grants/digest.h"
#include "runtime/process.h"
#include "runtime/store.h"
#include "wire/redis_client.h"

namespace postern::runtime {
namespace {

constexpr Duration kLeaving = std::chrono::milliseconds(200);

std::vector<std::string> shared_grants(const config::Options& options) {
  std::vector<std::string> names;
  for (const config::GrantSetup& setup : options.grants)
    if (setup.grant.kind != grants::Kind::kStatic) names.push_back(setup.grant.name);
  return names;
}

}  // namespace

Fleet::Fleet(event::Loop& loop, std::unique_ptr<wire::Resolver> resolver,
             std::unique_ptr<redis::Client> client, RollCallOptions options, RollCall::Tools tools)
    : loop_(loop),
      resolver_(std::move(resolver)),
      client_(std::move(client)),
      roll_call_(std::move(options), std::move(tools)) {}

Result<std::unique_ptr<Fleet>> Fleet::make(Tools tools, std::string id) {
  const config::StoreOptions& store = tools.options.store;
  std::vector<std::string> shared = shared_grants(tools.options);
  if (store.kind != config::StoreKind::kRedis || shared.empty()) return std::unique_ptr<Fleet>();
  const redis::Options redis = config::redis_options(store);
  auto resolver = std::make_unique<wire::Resolver>(tools.loop);
  auto client = wire::make_redis_client(tools.loop, *resolver, redis);
  if (!client) return fail("store.redis: " + client.error().what);
  if (id.empty()) id = grants::base64url(grants::random_bytes(12));
  RollCallOptions options{redis.prefix, place_of(redis), std::move(id), redis.presence,
                          std::move(shared)};
  auto describe = [health = std::move(tools.health), name = host_name(),
                   shares = tools.shares_limits] { return presence_of(health(), name, shares); };
  RollCall::Tools parts{**client, tools.timers, tools.clock, tools.logger, std::move(describe)};
  return std::unique_ptr<Fleet>(new Fleet(tools.loop, std::move(resolver), std::move(*client),
                                          std::move(options), std::move(parts)));
}

void Fleet::leave() {
  event::Deadline patience(loop_, [this] { loop_.stop(); });
  if (!roll_call_.leave([this] { loop_.stop(); })) return;
  patience.set_after(kLeaving);
  loop_.run();
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
