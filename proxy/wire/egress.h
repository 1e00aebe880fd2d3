// Egress: which HTTP proxy, if any, stands between us and the upstream, and how it is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "wire/address.h"

namespace postern::wire {

struct EgressProxy {
  HostPort where;
  Secret authorization;  // value of Proxy-Authorization; empty: none
};

// `setting` if it is not empty ("none" means no proxy), else HTTPS_PROXY and NO_PROXY in either
// case. Proxies are spoken to in plain HTTP; an https:// proxy is an error.
Result<std::optional<EgressProxy>> egress_proxy_for(const std::string& host,
                                                    const std::string& setting);

// Does a NO_PROXY list name this host? "*", "example.com" and ".example.com" (with all below it),
// and for a host that is a numeric address "192.0.2.1", "2001:db8::1", "[2001:db8::1]" and networks
// like "192.0.2.0/24" and "2001:db8::/32". A port in an entry is passed over; what is none of these
// names nothing. `host` has no brackets.
bool is_exempt(const std::string& host, std::string_view no_proxy);

// "CONNECT host:port HTTP/1.1" and what belongs to it.
Secret connect_request(const EgressProxy& proxy, const HostPort& target);

}  // namespace postern::wire
