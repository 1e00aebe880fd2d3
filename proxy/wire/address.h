// Addresses: numeric TCP addresses and unix paths as values, and how they are written.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace postern::wire {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::string text() const;  // "127.0.0.1:80", "[::1]:80", "unix:/path"
  uint16_t port() const;     // 0 for unix sockets
};

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
};

// "127.0.0.1:7979", "[::1]:7979", "localhost:7979" (the IPv4 loopback) or "unix:/path".
Result<Address> parse_listen_address(std::string_view text);

// The near end of a TCP connection, as a Host field has it: "10.0.0.5", "[fd00::1]". Empty for
// anything else.
std::string local_host(int fd);

// "host", "host:port", "[v6]:port".
Result<HostPort> parse_host_port(std::string_view text, uint16_t default_port);

// A numeric host as an address; an error for a name.
Result<Address> numeric_address(const std::string& host, uint16_t port);

// An absolute http or https URL, split: what an origin or a proxy setting consists of.
struct Origin {
  bool tls = false;
  Secret user;  // "user:password", percent-decoded; empty: none
  HostPort where;
};
Result<Origin> parse_origin(std::string_view url);

}  // namespace postern::wire
