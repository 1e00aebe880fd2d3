// Every setting of Postern: the settings of each folder, gathered.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/options.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "grants/options.h"
#include "kubernetes/options.h"
#include "redis/options.h"
#include "relay/options.h"
#include "wire/options.h"

namespace postern::config {

using namespace std::chrono_literals;

struct SentryOptions {
  std::string url = "https://sentry.io";         // origin; https only
  std::string ca_file;                           // empty: the system's authorities
  std::string egress_proxy;                      // empty: HTTPS_PROXY and NO_PROXY
  std::vector<std::string> regions{"us", "de"};  // <region>.<host of url> is Sentry too
  bool direct_uploads = true;                    // to the organization's one of them
};

// One entry of `grants`. What the entry does not say is already filled in from the top level.
struct GrantSetup {
  grants::GrantOptions grant;
  SentryOptions sentry;
  std::vector<std::string> authorize_parameters;  // "name=value", as written; split in `grant`
  std::vector<std::string> token_parameters;
};

// Who draws on the limits that one Postern knows of.
enum class LimitsShare : uint8_t {
  kOff,    // it alone, as far as it knows
  kRedis,  // all that name the same store.redis
};

enum class StoreKind : uint8_t { kFile, kRedis, kKubernetes };

// What to do when a token is at its last safe moment and the store that others share is out of
// reach.
enum class WhenUnreachable : uint8_t {
  kWait,          // no refresh, so that two never use up one refresh token
  kRefreshAlone,  // refresh all the same; right where only one instance will
};

struct StoreOptions {
  StoreKind kind = StoreKind::kFile;
  std::string path;  // folder, also of what is never kept elsewhere; config fills in the default
  Secret key;        // seals what is stored; empty: stored as it is
  Secret old_key;    // still opens what it sealed, while keys change
  WhenUnreachable when_unreachable = WhenUnreachable::kWait;
  redis::Options redis;
  kubernetes::Options kubernetes;
};

struct DrainOptions {
  Duration delay = 0s;     // after SIGTERM: serves on, but is not ready any more; then drains
  Duration timeout = 25s;  // for what is in flight and queued
};

// A value. Made by config::load, checked there; nobody else has to check again.
struct Options {
  std::vector<wire::ListenOptions> listen;  // at least one
  wire::ServerOptions server;
  wire::UpstreamOptions upstream;  // sentry's part of it is filled in too; see upstream_for
  relay::Options relay;
  LimitsShare limits_share = LimitsShare::kOff;
  SentryOptions sentry;
  std::vector<std::string> route_timeouts{"uploads=3m",
                                          "autofix=2m"};  // as written; split in `relay`
  grants::Client client;
  std::vector<GrantSetup> grants;  // at least one
  grants::RefreshOptions refresh;
  StoreOptions store;
  admin::Options admin;
  DrainOptions drain;
  log::Options log;
  std::string runtime_file;  // path; config fills in the default
};

// The upstream of one grant: the common settings with the grant's own Sentry. Grants with equal
// url, ca_file and egress_proxy may share a connection pool.
wire::UpstreamOptions upstream_for(const Options& options, const GrantSetup& setup);

// How to connect to the Redis that the settings name. A password that a file holds is left to
// whoever connects, for it may change.
redis::Options redis_options(const StoreOptions& store);
// Does anything connect to it?
bool uses_redis(const Options& options);

// What the registry is made of.
std::vector<grants::GrantOptions> grant_options(const Options& options);

bool has_grant(const Options& options, std::string_view name);

// The entry of `listen` that a person means by `name`: its address, or what rules call it. The
// error says what there is.
Result<const wire::ListenOptions*> find_listener(const Options& options, std::string_view name);

}  // namespace postern::config
