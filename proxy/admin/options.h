// Settings of the control plane, filled by config.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace postern::admin {

// All bodies that are remembered, together: the page and /api/requests are made of them on the
// loop.
inline constexpr uint64_t kMostOfBodies = 4 * 1024 * 1024;

struct Options {
  std::string listen = "127.0.0.1:7980";  // loopback or "unix:/path"; empty: no admin listener
  std::string token_file;                 // config fills in the default: admin.token in the store
  Duration timeout = std::chrono::seconds(5);  // a request must be whole by then, an answer taken
  uint32_t max_connections = 64;               // one more takes the place of the slowest
  std::string probes_listen;    // probes and metrics alone, any address; empty: no such listener
  uint32_t max_series = 10000;  // of metrics, for what has a route
  Duration max_stall = std::chrono::seconds(10);  // longer, and /livez is red for a while
  bool quitquitquit = false;    // POST /quitquitquit ends Postern, without a token
  uint32_t inspect = 200;       // last requests that are remembered; 0: none
  uint64_t inspect_bodies = 0;  // bytes of each of their two bodies; 0: none
  bool read_only = false;       // the page connects nothing
};

}  // namespace postern::admin
