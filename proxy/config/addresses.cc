#include "config/addresses.h"

#include <algorithm>

#include "base/text.h"

namespace postern::config {
namespace {

bool is_numeric_v4(std::string_view text) {
  int parts = 0;
  while (true) {
    size_t dot = text.find('.');
    auto number = text::parse_unsigned(text.substr(0, dot));
    if (!number || *number > 255 || text.substr(0, dot).size() > 3) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

// Close enough for a message; binding decides.
bool looks_like_v6(std::string_view text) {
  return text.size() <= 45 && std::count(text.begin(), text.end(), ':') >= 2 &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  auto number = text::parse_unsigned(text);
  if (!number || *number > 65535 || text.size() > 5) return {};
  return static_cast<uint16_t>(*number);
}

bool is_label(std::string_view label) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), allowed);
}

// "host", "host:port" or "[v6]:port".
std::optional<std::string> authority_fault(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    size_t end = text.find(']');
    if (end == std::string_view::npos || !looks_like_v6(text.substr(1, end - 1))) {
      return "has a malformed IPv6 address";
    }
    port = text.substr(end + 1);
  } else {
    size_t colon = text.find(':');
    if (!is_host(text.substr(0, colon))) return "has a malformed host";
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (port.empty()) return {};
  auto number = port.front() == ':' ? parse_port(port.substr(1)) : std::nullopt;
  if (!number || *number == 0) return "has a malformed port";
  return {};
}

}  // namespace

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

Result<ListenAddress> parse_listen(std::string_view text) {
  ListenAddress address;
  if (text.starts_with("unix:")) {
    address.is_unix = address.is_loopback = true;
    address.host = text.substr(5);
    // sockaddr_un has room for 107 bytes and a zero.
    if (address.host.empty() || address.host.size() > 107) {
      return fail("the path of a unix socket must have 1 to 107 bytes");
    }
    return address;
  }
  size_t colon = text.rfind(':');
  auto port = colon == std::string_view::npos ? std::nullopt : parse_port(text.substr(colon + 1));
  if (!port)
    return fail("must end in a port up to 65535: 127.0.0.1:7979, [::1]:7979 or unix:/path");
  address.port = *port;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!looks_like_v6(host)) return fail("has a malformed IPv6 address");
    address.is_loopback = host == "::1" || host == "0:0:0:0:0:0:0:1";
  } else if (host == "localhost") {
    address.is_loopback = true;
  } else if (is_numeric_v4(host)) {
    address.is_loopback = host.starts_with("127.");
  } else {
    return fail("must begin with a numeric address (IPv6 in brackets) or localhost");
  }
  address.host = host;
  return address;
}

std::optional<std::string> origin_fault(std::string_view url, std::string_view scheme,
                                        bool with_user) {
  std::string start = std::string(scheme) + "://";
  if (!url.starts_with(start)) return "must begin with " + start;
  std::string_view rest = url.substr(start.size());
  size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    if (!with_user) return "must not have a user or password";
    rest.remove_prefix(at + 1);
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return "must end behind the host or port: no path, query or fragment";
  }
  return authority_fault(rest);
}

}  // namespace postern::config
