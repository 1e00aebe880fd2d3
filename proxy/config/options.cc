#include "config/options.h"

namespace postern::config {

wire::UpstreamOptions upstream_for(const Options& options, const GrantSetup& setup) {
  wire::UpstreamOptions upstream = options.upstream;
  upstream.url = setup.sentry.url;
  upstream.tls.ca_file = setup.sentry.ca_file;
  upstream.egress_proxy = setup.sentry.egress_proxy;
  return upstream;
}

std::vector<grants::GrantOptions> grant_options(const Options& options) {
  std::vector<grants::GrantOptions> list;
  list.reserve(options.grants.size());
  for (const GrantSetup& setup : options.grants) list.push_back(setup.grant);
  return list;
}

}  // namespace postern::config
