// A question to the running Postern, over its admin listener.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace postern::cli {

struct AdminFailure {
  bool is_absent = false;  // nobody listens there
  std::string what;
};

struct AdminAnswer {
  int status = 0;
  std::string body;
};

// GET `path` from "127.0.0.1:7980" or "unix:/path". Blocks, at most `timeout`. Bodies over 4 MiB
// are refused.
Result<AdminAnswer, AdminFailure> admin_get(const std::string& address, std::string_view path,
                                            Duration timeout);

}  // namespace postern::cli
