#include "relay/origin.h"

#include <utility>

#include "base/text.h"

namespace postern::relay {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::string_view kDefaultPort = "443";
constexpr text::ByteSet kOriginEnd("/?#\\");

struct HostPort {
  std::string_view host;
  std::string_view port;  // empty: none was given
};

// Takes no notice of user information: "a@b" is a host that equals none of ours.
HostPort split(std::string_view authority) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {authority, {}};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

}  // namespace

size_t https_origin_length(std::string_view url) {
  const bool is_https =
      url.size() > kScheme.size() && text::iequals(url.substr(0, kScheme.size()), kScheme);
  return is_https ? kOriginEnd.first_in(url, kScheme.size()) : 0;
}

bool Origin::has(std::string_view url) const {
  const size_t length = https_origin_length(url);
  if (length == 0) return false;
  const HostPort given = split(url.substr(kScheme.size(), length - kScheme.size()));
  return port == (given.port.empty() ? kDefaultPort : given.port) &&
         text::iequals(host, given.host);
}

std::string Origin::authority() const {
  return port == kDefaultPort ? host : host + ":" + port;
}

Origin origin_of(std::string_view url) {
  const std::string_view origin = url.substr(0, https_origin_length(url));
  const HostPort given = split(origin.empty() ? url : origin.substr(kScheme.size()));
  return {std::string(given.host), std::string(given.port.empty() ? kDefaultPort : given.port)};
}

std::vector<Origin> origins_of_regions(const Origin& upstream,
                                       const std::vector<std::string>& regions) {
  std::vector<Origin> origins;
  for (const std::string& region : regions) {
    const HostPort own = split(region);
    const bool is_label = region.find_first_of(".:") == std::string::npos;
    std::string host = is_label ? region + "." + upstream.host : std::string(own.host);
    origins.push_back({std::move(host), own.port.empty() ? upstream.port : std::string(own.port)});
  }
  return origins;
}

}  // namespace postern::relay
