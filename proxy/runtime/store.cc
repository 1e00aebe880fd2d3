#include "runtime/store.h"

#include <sys/stat.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/folders.h"
#include "grants/file_store.h"
#include "grants/kubernetes_store.h"
#include "grants/redis_store.h"
#include "kubernetes/cluster.h"
#include "redis/topology.h"
#include "runtime/process.h"
#include "wire/kubernetes_blocking.h"
#include "wire/redis_blocking.h"

namespace postern::runtime {
namespace {

using Opened = Result<std::unique_ptr<grants::Store>>;

Opened open_files(const config::StoreOptions& options, std::optional<grants::Sealer> sealer) {
  auto store = grants::FileStore::open(options.path, std::move(sealer));
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<grants::Store>(std::move(*store));
}

std::string place_in(const redis::Topology& topology, const redis::Options& options) {
  const std::string first = topology.addresses.front().text();
  switch (topology.kind) {
    case redis::Topology::Kind::kServer:
      break;
    case redis::Topology::Kind::kSentinel:
      return first + " (Sentinel, master " + options.master + ")";
    case redis::Topology::Kind::kCluster:
      return first + " (cluster)";
  }
  return topology.database == 0 ? first : first + "/" + std::to_string(topology.database);
}

Opened open_redis(const config::Options& options, std::optional<grants::Sealer> sealer,
                  log::Logger* logger) {
  const redis::Options redis = config::redis_options(options.store);
  auto topology = redis::topology_of(redis);
  if (!topology) return fail(topology.error().text());
  auto server = wire::RedisBlocking::make(redis);
  if (!server) return fail("store.redis: " + server.error().what);
  make_folders(options.store.path);  // for what each instance keeps for itself
  grants::RedisStoreOptions store;
  store.place = place_in(*topology, redis);
  store.prefix = redis.prefix;
  store.lease = options.refresh.timeout + grants::kSpareForWriting;
  store.wait_replicas = redis.wait_replicas;
  store.wait = redis.timeout / 2;
  return std::unique_ptr<grants::Store>(std::make_unique<grants::RedisStore>(
      std::move(*server), std::move(store), std::move(sealer), logger));
}

Opened open_kubernetes(const config::Options& options, std::optional<grants::Sealer> sealer) {
  static const SystemClock clock;
  auto cluster = cluster_of(options.store);
  if (!cluster) return tl::unexpected(cluster.error());
  auto server = wire::KubernetesBlocking::make(*cluster);
  if (!server) return fail("store.kubernetes: " + server.error().what);
  make_folders(options.store.path);  // for what each instance keeps for itself
  grants::KubernetesStoreOptions store;
  store.cluster = std::move(*cluster);
  store.holder = host_name();
  store.lease = options.refresh.timeout + grants::kSpareForWriting;
  return std::unique_ptr<grants::Store>(std::make_unique<grants::KubernetesStore>(
      std::move(*server), std::move(store), std::move(sealer), clock));
}

}  // namespace

Result<kubernetes::Options> cluster_of(const config::StoreOptions& options) {
  return kubernetes::in_cluster(options.kubernetes,
                                [](const char* name) { return ::getenv(name); });
}

Opened open_store(const config::Options& options, log::Logger* logger) {
  std::optional<grants::Sealer> sealer;
  if (!options.store.key.empty()) {
    auto made = grants::Sealer::make(options.store.key, options.store.old_key);
    if (!made) return tl::unexpected(made.error());
    sealer = std::move(*made);
  }
  if (options.store.kind == config::StoreKind::kRedis)
    return open_redis(options, std::move(sealer), logger);
  if (options.store.kind == config::StoreKind::kKubernetes)
    return open_kubernetes(options, std::move(sealer));
  return open_files(options.store, std::move(sealer));
}

std::string place_of(const redis::Options& options) {
  const auto topology = redis::topology_of(options);
  return topology ? place_in(*topology, options) : std::string();
}

bool has_store(const config::StoreOptions& options) {
  if (options.kind != config::StoreKind::kFile) return true;
  struct stat found {};
  return ::stat(options.path.c_str(), &found) == 0;
}

}  // namespace postern::runtime
