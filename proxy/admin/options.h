// Settings of the control plane, filled by config.
#pragma once

#include <string>

namespace postern::admin {

struct Options {
  std::string listen;      // loopback or "unix:/path"; empty: no admin listener
  std::string token_file;  // empty: admin.token beside the store, made at start
};

}  // namespace postern::admin
