// Settings of the control plane, filled by config.
#pragma once

#include <string>

namespace postern::admin {

struct Options {
  std::string listen = "127.0.0.1:7980";  // loopback or "unix:/path"; empty: no admin listener
  std::string token_file;                 // empty: admin.token beside the store, made at start
};

}  // namespace postern::admin
