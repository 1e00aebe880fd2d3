#include "wire/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "base/text.h"

namespace postern::wire {
namespace {

const sockaddr_in& as_v4(const Address& a) {
  return reinterpret_cast<const sockaddr_in&>(a.storage);
}
const sockaddr_in6& as_v6(const Address& a) {
  return reinterpret_cast<const sockaddr_in6&>(a.storage);
}

Result<Address> unix_address(std::string_view path) {
  Address address;
  auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
  if (path.empty() || path.size() >= sizeof un.sun_path)
    return fail("the path of a unix socket must have 1 to 107 bytes");
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = text::lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string Address::text() const {
  char host[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &as_v4(*this).sin_addr, host, sizeof host);
    return std::string(host) + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &as_v6(*this).sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(port());
  }
  const auto& un = reinterpret_cast<const sockaddr_un&>(storage);
  return length > offsetof(sockaddr_un, sun_path) ? "unix:" + std::string(un.sun_path) : "unix";
}

uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(as_v4(*this).sin_port);
  if (family() == AF_INET6) return ntohs(as_v6(*this).sin6_port);
  return 0;
}

std::string local_host(int fd) {
  Address near_end;
  near_end.length = sizeof near_end.storage;
  const auto raw = reinterpret_cast<sockaddr*>(&near_end.storage);
  if (::getsockname(fd, raw, &near_end.length) != 0) return {};
  if (near_end.family() != AF_INET && near_end.family() != AF_INET6) return {};
  const std::string text = near_end.text();
  return text.substr(0, text.rfind(':'));
}

Result<Address> numeric_address(const std::string& host, uint16_t port) {
  Address address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    address.length = sizeof v4;
    return address;
  }
  address = Address{};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    address.length = sizeof v6;
    return address;
  }
  return fail("'" + host + "' is not a numeric address");
}

Result<HostPort> parse_host_port(std::string_view text, uint16_t default_port) {
  HostPort result;
  result.port = default_port;
  std::string_view port;
  if (text.starts_with('[')) {
    size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return fail("'[' without ']'");
    result.host = text.substr(1, bracket - 1);
    std::string_view rest = text.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':') return fail("unexpected text behind ']'");
    port = rest;
  } else {
    size_t colon = text.find(':');
    result.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (result.host.empty()) return fail("the host is missing");
  if (!port.empty()) {
    auto number = text::parse_unsigned(port.substr(1));
    if (!number || *number > 65535) return fail("the port must be a number from 0 to 65535");
    result.port = static_cast<uint16_t>(*number);
  }
  return result;
}

Result<Address> parse_listen_address(std::string_view text) {
  if (text.starts_with("unix:")) return unix_address(text.substr(5));
  auto parts = parse_host_port(text, 0);
  if (!parts) return fail(parts.error().what);
  if (text.ends_with(parts->host) || text.ends_with(']')) return fail("the port is missing");
  if (parts->host == "localhost") parts->host = "127.0.0.1";
  return numeric_address(parts->host, parts->port);
}

Result<Origin> parse_origin(std::string_view url) {
  Origin origin;
  std::string scheme = text::lowered(url.substr(0, url.find("://")));
  if (url.find("://") == std::string_view::npos || (scheme != "http" && scheme != "https"))
    return fail("must start with https:// or http://");
  origin.tls = scheme == "https";
  std::string_view rest = url.substr(scheme.size() + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (size_t at = rest.rfind('@'); at != std::string_view::npos) {
    origin.user = Secret(percent_decoded(rest.substr(0, at)));
    rest.remove_prefix(at + 1);
  }
  auto where = parse_host_port(rest, origin.tls ? 443 : 80);
  if (!where) return fail(where.error().what);
  origin.where = std::move(*where);
  return origin;
}

}  // namespace postern::wire
