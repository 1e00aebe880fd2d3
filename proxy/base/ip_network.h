// IP addresses and networks as values: "10.0.0.0/8", "fd00::/8".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern {

// IPv4 as IPv6 has it, ::ffff:a.b.c.d, so that there is one kind.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};

  bool operator==(const IpAddress&) const = default;
  std::string text() const;  // "10.0.0.1", "[fd00::1]"
};

// A numeric address without brackets, port or zone.
std::optional<IpAddress> parse_ip(std::string_view text);

// A numeric address with or without a port, an IPv6 one with a port in brackets: "10.0.0.1",
// "10.0.0.1:80", "fd00::1", "[fd00::1]", "[fd00::1]:80".
std::optional<IpAddress> parse_ip_and_port(std::string_view text);

class IpNetwork final {
 public:
  // "10.0.0.0/8", or an address that stands for itself. The error says what is wrong, without
  // repeating it.
  static Result<IpNetwork> parse(std::string_view text);

  bool has(const IpAddress& address) const;

 private:
  IpNetwork(const IpAddress& base, unsigned bits) : base_(base), bits_(bits) {}
  IpAddress base_;
  unsigned bits_;  // of the 128
};

bool is_in(const std::vector<IpNetwork>& networks, const IpAddress& address);

}  // namespace postern
