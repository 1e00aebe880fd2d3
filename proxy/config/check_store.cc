#include "config/check_store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "kubernetes/requests.h"
#include "redis/topology.h"

namespace postern::config {
namespace {

class StoreChecker final {
 public:
  StoreChecker(const Options& options, const Origins& origins, const Faults& earlier,
               const Refuse& refuse)
      : options_(options),
        store_(options.store),
        origins_(origins),
        is_kind_known_(std::none_of(earlier.begin(), earlier.end(),
                                    [](const Fault& fault) {
                                      return fault.path == "store.kind" ||
                                             fault.path == "limits.share";
                                    })),
        refuse_(refuse) {}

  // What is as it would be unsaid harms nobody: the reference has it all.
  void run() {
    const StoreKind kind = store_.kind;
    const StoreOptions unsaid;
    if (kind == StoreKind::kFile && store_.when_unreachable != unsaid.when_unreachable)
      not_for_this("store.when_unreachable", "store.kind: redis or kubernetes");
    if (uses_redis(options_)) {
      redis();
    } else if (store_.redis != unsaid.redis) {
      not_for_this("store.redis", "store.kind: redis or limits.share: redis");
    }
    if (kind == StoreKind::kKubernetes) {
      kubernetes();
    } else if (store_.kubernetes != unsaid.kubernetes) {
      not_for_this("store.kubernetes", "store.kind: kubernetes");
    }
  }

 private:
  // A kind that could not be read may be the very one.
  void not_for_this(const char* path, const char* what) {
    if (!is_kind_known_) return;
    const auto given = origins_.lower_bound(path);
    const bool is_there = given != origins_.end() && given->first.starts_with(path);
    refuse_(is_there ? given->first : path, std::string("is for ") + what);
  }

  void redis() {
    const redis::Options& redis = store_.redis;
    if (store_.kind != StoreKind::kRedis && redis.wait_replicas != 0)
      not_for_this("store.redis.wait_replicas", "store.kind: redis");
    if (redis.url.empty() && redis.addresses.empty()) {
      const bool is_store = store_.kind == StoreKind::kRedis;
      return refuse_("store.redis.url", std::string("is missing: ") +
                                            (is_store ? "store.kind" : "limits.share") +
                                            ": redis needs it (or addresses)");
    }
    if (auto topology = redis::topology_of(redis_options(store_)); !topology)
      return refuse_("store.redis." + topology.error().key, topology.error().what);
    store_file("redis.ca_file", redis.ca_file);
    store_file("redis.certificate_file", redis.certificate_file);
    store_file("redis.key_file", redis.key_file);
    store_file("redis.sentinel_password_file", redis.sentinel_password_file);
  }

  // What is left empty is told to the pod, which this need not be.
  void kubernetes() {
    const kubernetes::Options& kubernetes = store_.kubernetes;
    if (!kubernetes.server.empty() && !is_origin(kubernetes.server))
      refuse_("store.kubernetes.server",
              "'" + kubernetes.server + "' is not like https://10.96.0.1:443, without a path");
    object_name("store.kubernetes.secret", kubernetes.secret);
    object_name("store.kubernetes.lease", kubernetes.lease);
    if (!kubernetes.namespace_name.empty())
      object_name("store.kubernetes.namespace", kubernetes.namespace_name);
    store_file("kubernetes.ca_file", kubernetes.ca_file);
    store_file("kubernetes.token_file", kubernetes.token_file);
  }

  static bool is_origin(std::string_view url) {
    const bool is_https = url.starts_with("https://");
    return is_https && url.size() > 8 && url.find_first_of("/?#@ ", 8) == std::string_view::npos;
  }

  void object_name(const char* path, const std::string& name) {
    if (kubernetes::is_object_name(name)) return;
    refuse_(path, "'" + name + "' must be at most 253 of a-z 0-9 . -, as names of objects are");
  }

  void store_file(const char* key, const std::string& path) {
    if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
    refuse_(std::string("store.") + key,
            "cannot read " + path + ": " + std::generic_category().message(errno));
  }

  const Options& options_;
  const StoreOptions& store_;
  const Origins& origins_;
  const bool is_kind_known_;
  const Refuse& refuse_;
};

}  // namespace

void check_store(const Options& options, const Origins& origins, const Faults& earlier,
                 const Refuse& refuse) {
  StoreChecker(options, origins, earlier, refuse).run();
}

}  // namespace postern::config
