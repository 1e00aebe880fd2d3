#include "runtime/upstreams.h"

namespace postern::runtime {
namespace {

// Calls to token endpoints are few.
void make_small(wire::UpstreamOptions& options) {
  options.max_connections = 4;
  options.keep_alive = std::chrono::seconds(5);
}

}  // namespace

Result<http::Upstream*> Upstreams::get(const wire::UpstreamOptions& options) {
  return get(pools_, options);
}

Result<http::Upstream*> Upstreams::get_for_tokens(wire::UpstreamOptions options) {
  make_small(options);
  return get(token_pools_, options);
}

void Upstreams::set_options(const wire::UpstreamOptions& options) {
  for (auto& [key, pool] : pools_) pool->set_options(options);
  wire::UpstreamOptions small = options;
  make_small(small);
  for (auto& [key, pool] : token_pools_) pool->set_options(small);
}

Result<http::Upstream*> Upstreams::get(Pools& pools, const wire::UpstreamOptions& options) {
  auto& pool = pools[{options.url, options.tls.ca_file, options.egress_proxy}];
  if (!pool) {
    auto made = wire::H1Pool::make(loop_, resolver_, logger_, options);
    if (!made) return tl::unexpected(made.error());
    pool = std::move(*made);
  }
  return pool.get();
}

void Upstreams::each(const Told& told) const {
  for (const auto& [key, pool] : pools_)
    if (pool != nullptr) told(*pool, false);
  for (const auto& [key, pool] : token_pools_)
    if (pool != nullptr) told(*pool, true);
}

void Upstreams::warm() {
  for (auto& [key, pool] : pools_) pool->warm();
}

}  // namespace postern::runtime
