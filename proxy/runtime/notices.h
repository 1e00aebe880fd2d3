// What a right configuration may surprise with: told at start, when it has changed, and by
// `postern check`.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "config/options.h"

namespace postern::runtime {

struct Notice {
  log::Level level = log::Level::kInfo;
  std::string event;    // for the log: "hosts_unnamed", "policy_weakened", "bodies_kept"…
  std::string setting;  // "policy.unpinned[0]: /api/0/brodcasts/"
  std::string detail;   // what of it; may follow the setting in a sentence

  bool operator==(const Notice&) const = default;
};

// In the order of the file's sections. `options` are checked.
std::vector<Notice> notices_of(const config::Options& options);

}  // namespace postern::runtime
