#include "base/ip_network.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace postern {
namespace {

constexpr size_t kV4Begin = 12;  // where the four bytes stand
constexpr std::array<uint8_t, kV4Begin> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kBits = 128;

bool is_v4(const IpAddress& address) {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), address.bytes.begin());
}

bool bit_of(const IpAddress& address, unsigned index) {
  return ((address.bytes[index / 8] >> (7 - index % 8)) & 1) != 0;
}

bool is_port(std::string_view text) {
  const auto number = text.size() <= 5 ? text::parse_unsigned(text) : std::nullopt;
  return number && *number <= 65535;
}

}  // namespace

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN] = "";
  if (is_v4(*this)) return inet_ntop(AF_INET, bytes.data() + kV4Begin, out, sizeof out);
  return "[" + std::string(inet_ntop(AF_INET6, bytes.data(), out, sizeof out)) + "]";
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), address.bytes.begin());
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + kV4Begin) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> parse_ip_and_port(std::string_view text) {
  if (!text.starts_with('[')) {
    const bool has_port = std::count(text.begin(), text.end(), ':') == 1;
    const size_t colon = has_port ? text.find(':') : text.size();
    if (has_port && !is_port(text.substr(colon + 1))) return std::nullopt;
    return parse_ip(text.substr(0, colon));
  }
  const size_t end = text.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(1, end - 1);
  const std::string_view rest = text.substr(end + 1);
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  if (host.find(':') == std::string_view::npos) return std::nullopt;
  return parse_ip(host);
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return fail("is no address or network like 10.0.0.0/8 or fd00::/8");
  const unsigned own = text.find(':') == std::string_view::npos ? 32 : kBits;
  uint64_t length = own;
  if (slash < text.size()) {
    const auto given = text::parse_unsigned(text.substr(slash + 1));
    if (!given || *given > own)
      return fail("must have a length from 0 to " + std::to_string(own) + " behind the slash");
    length = *given;
  }
  const unsigned bits = kBits - own + static_cast<unsigned>(length);
  for (unsigned i = bits; i < kBits; ++i) {
    if (bit_of(*base, i)) return fail("has bits behind its length: write the network's address");
  }
  return IpNetwork(*base, bits);
}

bool IpNetwork::has(const IpAddress& address) const {
  const size_t whole = bits_ / 8;
  if (!std::equal(base_.bytes.begin(), base_.bytes.begin() + whole, address.bytes.begin()))
    return false;
  if (bits_ % 8 == 0) return true;
  const unsigned shift = 8 - bits_ % 8;
  return base_.bytes[whole] >> shift == address.bytes[whole] >> shift;
}

bool is_in(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.has(address); });
}

}  // namespace postern
