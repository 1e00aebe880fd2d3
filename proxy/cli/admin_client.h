// Questions to the running Postern, over its admin listener.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "config/options.h"

namespace postern::cli {

struct AdminFailure {
  bool is_absent = false;  // nobody listens there
  std::string what;
};

struct AdminAnswer {
  int status = 0;
  std::string body;
};

// Asks "127.0.0.1:7980" or "unix:/path". `token` may be empty. Blocks, at most `timeout`. Bodies
// over 4 MiB are refused.
Result<AdminAnswer, AdminFailure> admin_call(const std::string& address, std::string_view method,
                                             std::string_view path, std::string_view token,
                                             Duration timeout);

// Where the running instance says it is, else where the configuration puts it, unless `asked` names
// a place. Empty: there is no admin listener.
std::string admin_address(const config::Options& options, const std::string& asked);

}  // namespace postern::cli
