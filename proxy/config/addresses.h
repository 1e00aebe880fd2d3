// The grammar of addresses, hosts and origins in a configuration. Pure text, nothing is looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::config {

// What `listen` may name.
struct ListenAddress {
  bool is_unix = false;
  bool is_loopback = false;  // unix sockets are
  std::string host;          // without brackets; of a unix socket the path
  uint16_t port = 0;
};

// "127.0.0.1:7979", "[::1]:7979", "localhost:7979", "unix:/run/postern.sock".
Result<ListenAddress> parse_listen(std::string_view text);

// A DNS name or numeric IPv4 address in lower case, without a port.
bool is_host(std::string_view text);

// "scheme://host[:port]" with nothing behind it. `scheme` is "https" and the like; user and
// password are allowed only where `with_user` says so. Returns what is wrong.
std::optional<std::string> origin_fault(std::string_view url, std::string_view scheme,
                                        bool with_user = false);

}  // namespace postern::config
