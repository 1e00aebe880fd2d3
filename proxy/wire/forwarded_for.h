// Whom a proxy that is trusted names as the caller (X-Forwarded-For).
#pragma once

#include <optional>
#include <vector>

#include "base/ip_network.h"
#include "http/field.h"

namespace postern::wire {

// From the right, where the proxy that calls us has written, the first address that is not a
// trusted proxy's; the left-most one when all are. Nothing: the field is not there, what stands
// next to a trusted proxy's address is none, or more proxies than anybody has are named.
// REQUIRES: the peer is one of `trusted`.
std::optional<IpAddress> forwarded_caller(const http::Fields& fields,
                                          const std::vector<IpNetwork>& trusted);

// Do the fields say that the caller speaks TLS to the proxy (X-Forwarded-Proto)?
bool is_forwarded_over_tls(const http::Fields& fields);

}  // namespace postern::wire
