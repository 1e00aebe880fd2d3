#include "wire/egress.h"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "http/field.h"

namespace postern::wire {
namespace {

std::string environment(const char* upper, const char* lower) {
  for (const char* name : {upper, lower})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

// RFC 7617. `user` is "user:password".
Secret basic_credentials(const Secret& user) {
  const std::string_view text = user.reveal();
  std::string out = "Basic ";
  const size_t start = out.size();
  out.resize(start + 4 * ((text.size() + 2) / 3) + 1);
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + start),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  out.resize(start + static_cast<size_t>(length));
  return Secret(std::move(out));
}

// The 4 or 16 bytes of a numeric address; empty for a name.
std::string bytes_of(const std::string& address) {
  std::string bytes(16, '\0');
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return bytes.substr(0, 4);
  return inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1 ? bytes : std::string();
}

// Are the first `bits` of both the same?
bool same_start(std::string_view a, std::string_view b, uint64_t bits) {
  if (a.size() != b.size() || bits > a.size() * 8) return false;
  const size_t whole = bits / 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  if (bits % 8 == 0) return true;
  const int shift = 8 - static_cast<int>(bits % 8);
  return static_cast<unsigned char>(a[whole]) >> shift ==
         static_cast<unsigned char>(b[whole]) >> shift;
}

// `address`: bytes of the host. The entry is a numeric address or a network, in brackets perhaps.
bool names_address(std::string_view entry, std::string_view address) {
  const size_t slash = entry.find('/');
  const std::string network = bytes_of(std::string(entry.substr(0, slash)));
  if (network.empty()) return false;
  if (slash == std::string_view::npos) return network == address;
  const auto bits = text::parse_unsigned(entry.substr(slash + 1));
  return bits && same_start(network, address, *bits);
}

// The entry without brackets and port; the length of a network stays. Two colons and no bracket: an
// IPv6 address as it is.
std::string host_of(std::string_view entry) {
  if (entry.starts_with('[')) {
    const size_t end = std::min(entry.find(']'), entry.size());
    const std::string_view rest = entry.substr(std::min(end + 1, entry.size()));
    return std::string(entry.substr(1, end - 1)) + std::string(rest.starts_with('/') ? rest : "");
  }
  if (std::count(entry.begin(), entry.end(), ':') > 1) return std::string(entry);
  return std::string(entry.substr(0, entry.find(':')));
}

std::string bracketed(const HostPort& target) {
  bool v6 = target.host.find(':') != std::string::npos;
  return (v6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
}

}  // namespace

bool is_exempt(const std::string& host, std::string_view no_proxy) {
  const std::string name = text::lowered(host);
  const std::string address = bytes_of(host);
  bool exempt = false;
  http::for_each_element(no_proxy, [&](std::string_view element) {
    std::string entry = text::lowered(host_of(element));
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry == "*" || entry == name) exempt = true;
    if (address.empty()) {
      exempt = exempt || (!entry.empty() && name.ends_with("." + entry));
    } else {
      exempt = exempt || names_address(entry, address);
    }
  });
  return exempt;
}

Result<std::optional<EgressProxy>> egress_proxy_for(const std::string& host,
                                                    const std::string& setting) {
  std::string url = setting;
  if (url.empty()) {
    if (is_exempt(host, environment("NO_PROXY", "no_proxy"))) return std::nullopt;
    url = environment("HTTPS_PROXY", "https_proxy");
  }
  if (url.empty() || url == "none") return std::nullopt;
  if (url.find("://") == std::string::npos) url = "http://" + url;
  auto origin = parse_origin(url);
  if (!origin) return fail("egress proxy: " + origin.error().what);
  if (origin->tls) return fail("egress proxy: only http:// proxies are supported");
  EgressProxy proxy{origin->where, {}};
  if (!origin->user.empty()) proxy.authorization = basic_credentials(origin->user);
  return proxy;
}

Secret connect_request(const EgressProxy& proxy, const HostPort& target) {
  constexpr std::string_view kField = "Proxy-Authorization: ";
  const std::string_view authorization = proxy.authorization.reveal();
  const std::string authority = bracketed(target);
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  // With room for all of it, growing leaves no copy behind.
  request.reserve(request.size() + kField.size() + authorization.size() + 4);
  if (!authorization.empty()) request.append(kField).append(authorization).append("\r\n");
  request += "\r\n";
  return Secret(std::move(request));
}

}  // namespace postern::wire
