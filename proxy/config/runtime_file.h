// What a running `postern serve` tells the other commands: its pid and the addresses it listens on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::config {

// As a file: "pid=123", one "listen=127.0.0.1:41234" for each listener, in the order of the
// configuration, "tls=127.0.0.1:41234" for those of them with TLS, and "admin=127.0.0.1:7980"; port
// 0 replaced by the port that was chosen.
struct RuntimeInfo {
  int pid = 0;
  std::vector<std::string> listen;
  std::string admin{};             // empty: no admin listener
  std::vector<std::string> tls{};  // those of `listen` that speak it
};

bool speaks_tls(const RuntimeInfo& info, std::string_view address);

// Replaces the file in one step: a reader sees the old one or the new one. Makes its folder (0700)
// if it is not there.
Result<void> write_runtime_file(const std::string& path, const RuntimeInfo& info);

// Nothing when there is no such file.
Result<std::optional<RuntimeInfo>> read_runtime_file(const std::string& path);

// Removes the file if it is still the one of process `pid`.
void remove_runtime_file(const std::string& path, int pid);

}  // namespace postern::config
