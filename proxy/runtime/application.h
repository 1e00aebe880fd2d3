// Application: the composition root; the only place that knows every class.
#pragma once

#include <string>
#include <string_view>

#include "config/load.h"
#include "grants/grant.h"
#include "runtime/configuration_watch.h"

namespace postern::runtime {

// Serves until SIGTERM or SIGINT has been answered. SIGHUP, or a file that has changed, reads the
// configuration anew. Returns the exit code of the process: 0 after an orderly end, 1 when it could
// not start or was told twice to stop. Call once, from a process with one thread.
int serve(config::Loaded loaded, ConfigurationSource source);

// What one call to Sentry came to.
struct ProbeResult {
  bool ok = false;     // an answer arrived, whatever its status
  std::string stage;   // resolve, connect, proxy, tls, request, response: where it broke; or done
  std::string detail;  // why it broke
  int status = 0;
  std::string body;  // at most 64 KiB of it
};

// GET `path` (below /api/0/) with the grant's token, over the network path that serve() would use.
// Blocks; at most half a minute. REQUIRES: the grant has a token.
ProbeResult probe(const config::Options& options, const grants::Grant& grant,
                  std::string_view path);

}  // namespace postern::runtime
