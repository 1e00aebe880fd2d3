#include "runtime/upstreams.h"

namespace postern::runtime {

Result<http::Upstream*> Upstreams::get(const wire::UpstreamOptions& options) {
  auto& pool = pools_[{options.url, options.tls.ca_file, options.egress_proxy}];
  if (!pool) {
    auto made = wire::H1Pool::make(loop_, resolver_, logger_, options);
    if (!made) return tl::unexpected(made.error());
    pool = std::move(*made);
  }
  return pool.get();
}

void Upstreams::warm() {
  for (auto& [key, pool] : pools_) pool->warm();
}

}  // namespace postern::runtime
