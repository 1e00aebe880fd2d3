// Upstreams: one connection pool for each different way to a Sentry.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <tuple>

#include "config/options.h"
#include "wire/h1_pool.h"

namespace postern::runtime {

// Grants with equal origin, authorities and egress proxy share a pool. Loop thread.
class Upstreams final {
 public:
  Upstreams(event::Loop& loop, log::Logger& logger)
      : loop_(loop), logger_(logger), resolver_(loop) {}

  Result<http::Upstream*> get(const wire::UpstreamOptions& options);
  // Connections for the token endpoint alone: a refresh must not stand in line behind the very
  // requests that wait for it.
  Result<http::Upstream*> get_for_tokens(wire::UpstreamOptions options);
  void warm();

  // `told` is given each pool, and whether it is one for tokens.
  using Told = std::function<void(const wire::H1Pool& pool, bool for_tokens)>;
  void each(const Told& told) const;
  // Timeouts and bounds, for the pools there are, from the next call on. The way to each Sentry
  // stays.
  void set_options(const wire::UpstreamOptions& options);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  using Pools = std::map<Key, std::unique_ptr<wire::H1Pool>>;
  Result<http::Upstream*> get(Pools& pools, const wire::UpstreamOptions& options);

  event::Loop& loop_;
  log::Logger& logger_;
  wire::Resolver resolver_;
  Pools pools_;
  Pools token_pools_;
};

}  // namespace postern::runtime
