#include "wire/egress.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "base/text.h"
#include "http/field.h"

namespace postern::wire {
namespace {

std::string environment(const char* upper, const char* lower) {
  for (const char* name : {upper, lower})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                               reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

std::string bracketed(const HostPort& target) {
  bool v6 = target.host.find(':') != std::string::npos;
  return (v6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
}

}  // namespace

bool is_exempt(std::string_view host, std::string_view no_proxy) {
  std::string name = text::lowered(host);
  bool exempt = false;
  http::for_each_element(no_proxy, [&](std::string_view element) {
    std::string entry = text::lowered(element.substr(0, element.find(':')));
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry == "*" || entry == name || (!entry.empty() && name.ends_with("." + entry)))
      exempt = true;
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
  if (!origin->user.empty()) proxy.authorization = "Basic " + base64(origin->user);
  return proxy;
}

std::string connect_request(const EgressProxy& proxy, const HostPort& target) {
  std::string authority = bracketed(target);
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!proxy.authorization.empty())
    request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  return request + "\r\n";
}

}  // namespace postern::wire
