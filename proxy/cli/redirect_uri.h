// The redirect URI of a login in the browser: where to listen, and what to tell Sentry.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::cli {

struct RedirectUri {
  std::string host;  // "127.0.0.1", "localhost" or "[::1]"; as in the URI
  std::string port;  // empty: any; Sentry takes every port for one registered without
  std::string path;  // begins with '/'

  std::string listen() const;  // the address to bind
  std::string authority(std::string_view bound_port) const;
  std::string text(std::string_view bound_port) const;
};

// Refuses what no listener of this machine could answer.
Result<RedirectUri> parse_redirect_uri(std::string_view uri);

}  // namespace postern::cli
