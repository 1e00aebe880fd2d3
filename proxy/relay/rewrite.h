// Sentry's absolute URLs in Link and Location, turned to the address the client used.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relay/origin.h"

namespace postern::relay {

// Knows which URLs are the upstream's: https; host and port equal to the upstream's, to those of a
// listed region or of `{org}.` on the upstream's host (one label); a path that policy calls an API
// path. Made once per grant. Pure.
class UrlRewriter final {
 public:
  // `upstream_origin` and `regions` as origin.h has them.
  UrlRewriter(std::string_view upstream_origin, const std::vector<std::string>& regions,
              const std::string& organization);

  // Appends `value` to `out` with each upstream URL's origin replaced by `origin`, the one that the
  // client used: "http://localhost:7979". Returns whether anything was replaced. Only the URLs
  // themselves are touched, never parameters; a Link that breaks the grammar of RFC 8288 is
  // appended as it is.
  bool rewrite_location(std::string_view value, std::string_view origin, std::string& out) const;
  bool rewrite_link(std::string_view value, std::string_view origin, std::string& out) const;

 private:
  // Length of the origin part of `url` if it is the upstream's, else 0.
  size_t upstream_origin_length(std::string_view url) const;
  // The upstream first. No more than a handful: searched in order.
  std::vector<Origin> origins_;
};

}  // namespace postern::relay
