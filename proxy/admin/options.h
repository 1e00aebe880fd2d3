// Settings of the control plane, filled by config.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace postern::admin {

struct Options {
  std::string listen = "127.0.0.1:7980";  // loopback or "unix:/path"; empty: no admin listener
  std::string token_file;                 // config fills in the default: admin.token in the store
  Duration timeout = std::chrono::seconds(5);  // a request must be whole by then, an answer taken
  uint32_t max_connections = 64;               // one more takes the place of the slowest
  uint32_t inspect = 200;                      // last requests that are remembered; 0: none
};

}  // namespace postern::admin
