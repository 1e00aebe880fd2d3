// Host and port of https URLs: which of them are Sentry's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

// A port that an https URL does not give is 443.
struct Origin {
  std::string host;
  std::string port;

  // Does `url`, an https URL of any path, point here? User information makes another host of it.
  bool has(std::string_view url) const;
  // As in a Host field: the scheme's own port is left out.
  std::string authority() const;
};

// Length of scheme and authority of an https URL; 0: it is none.
size_t https_origin_length(std::string_view url);

// `url` as configured: "https://sentry.io" or "https://127.0.0.1:8443", with or without a path.
Origin origin_of(std::string_view url);

// A region is a label put before the upstream's host ("us"), or a host of its own,
// "us.sentry.example" with or without ":8443". Without a port it has the upstream's.
std::vector<Origin> origins_of_regions(const Origin& upstream,
                                       const std::vector<std::string>& regions);

}  // namespace postern::relay
