// Egress: which HTTP proxy, if any, stands between us and the upstream, and how it is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/address.h"

namespace postern::wire {

struct EgressProxy {
  HostPort where;
  std::string authorization;  // value of Proxy-Authorization; empty: none
};

// `setting` if it is not empty ("none" means no proxy), else HTTPS_PROXY and NO_PROXY in either
// case. Proxies are spoken to in plain HTTP; an https:// proxy is an error.
Result<std::optional<EgressProxy>> egress_proxy_for(const std::string& host,
                                                    const std::string& setting);

// Does a NO_PROXY list name this host? "*", "example.com" and ".example.com" (with all below it).
bool is_exempt(std::string_view host, std::string_view no_proxy);

// "CONNECT host:port HTTP/1.1" and what belongs to it.
std::string connect_request(const EgressProxy& proxy, const HostPort& target);

}  // namespace postern::wire
