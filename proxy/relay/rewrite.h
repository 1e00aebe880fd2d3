// Sentry's absolute URLs in Link and Location, turned to the address the client used.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

// Knows which URLs are the upstream's: https, host equal to the upstream's, to a listed region of
// it or to `{org}.` of it (one label), same port, path under /api/0/. Made once per grant. Pure.
class UrlRewriter final {
 public:
  // `upstream_origin` as configured, "https://sentry.io" or "https://127.0.0.1:8443".
  UrlRewriter(std::string_view upstream_origin, std::vector<std::string> regions,
              std::string organization);

  bool is_upstream_url(std::string_view url) const;

  // Appends `value` to `out` with each upstream URL's origin replaced by "http://" + `authority`
  // (the Host the client used). Returns whether anything was replaced.
  bool rewrite_location(std::string_view value, std::string_view authority, std::string& out) const;
  bool rewrite_link(std::string_view value, std::string_view authority, std::string& out) const;

 private:
  // Length of the origin part of `url` if it is the upstream's, else 0.
  size_t upstream_origin_length(std::string_view url) const;
  std::string host_;
  std::string port_;  // empty: 443
  std::vector<std::string> regions_;
  std::string organization_;
};

}  // namespace postern::relay
