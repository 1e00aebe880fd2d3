#include "config/options.h"

#include <algorithm>

namespace postern::config {

wire::UpstreamOptions upstream_for(const Options& options, const GrantSetup& setup) {
  wire::UpstreamOptions upstream = options.upstream;
  upstream.url = setup.sentry.url;
  upstream.tls.ca_file = setup.sentry.ca_file;
  upstream.egress_proxy = setup.sentry.egress_proxy;
  return upstream;
}

redis::Options redis_options(const StoreOptions& store) {
  redis::Options options = store.redis;
  if (!options.password_file.empty()) options.password = Secret();
  return options;
}

bool uses_redis(const Options& options) {
  return options.store.kind == StoreKind::kRedis || options.limits_share == LimitsShare::kRedis;
}

std::vector<grants::GrantOptions> grant_options(const Options& options) {
  std::vector<grants::GrantOptions> list;
  list.reserve(options.grants.size());
  for (const GrantSetup& setup : options.grants) list.push_back(setup.grant);
  return list;
}

bool has_grant(const Options& options, std::string_view name) {
  return std::any_of(options.grants.begin(), options.grants.end(),
                     [&](const GrantSetup& setup) { return setup.grant.name == name; });
}

Result<const wire::ListenOptions*> find_listener(const Options& options, std::string_view name) {
  const wire::ListenOptions* found = nullptr;
  std::string known;
  std::string addresses;  // of those called so
  bool agree = true;
  for (const wire::ListenOptions& listener : options.listen) {
    if (listener.address == name) return &listener;
    const std::string& identity = wire::identity_of(listener);
    known += (known.empty() ? "" : ", ") + identity;
    if (identity != name) continue;
    addresses += (addresses.empty() ? "" : ", ") + listener.address;
    agree = agree && (found == nullptr || found->grant == listener.grant);
    if (found == nullptr) found = &listener;
  }
  if (found == nullptr)
    return fail("there is no listener " + std::string(name) + "; there are: " + known);
  if (!agree)
    return fail("listeners called " + std::string(name) + " serve different grants; name one by " +
                "its address: " + addresses);
  return found;
}

}  // namespace postern::config
