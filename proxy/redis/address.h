// Address: one server of Redis, as a URL names it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::redis {

inline constexpr uint16_t kServerPort = 6379;
inline constexpr uint16_t kSentinelPort = 26379;

struct Address {
  bool tls = false;
  std::string host;  // without brackets; empty: a unix socket
  uint16_t port = kServerPort;
  std::string path;  // of the unix socket
  std::string user;  // ACL; empty: not told
  uint32_t database = 0;

  bool is_unix() const { return !path.empty(); }
  std::string text() const;  // "redis://host:6379", "unix:///path"; for messages and as a key

  friend bool operator==(const Address&, const Address&) = default;
};

// "redis://[user@]host[:port][/database]", the same with "rediss" for TLS,
// "unix://[user@]/path[?db=database]"; a bare "host[:port]" is redis. A password in it is refused,
// since URLs are seen in logs and lists of processes. Errors never repeat the user's part. `port`:
// where none is named.
Result<Address> parse_address(std::string_view url, uint16_t port = kServerPort);

}  // namespace postern::redis
