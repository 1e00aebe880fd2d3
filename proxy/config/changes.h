// What differs between two configurations, and what of it can be taken over while the program runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace postern::config {

// Must the program be started anew for a change of this setting to show? "listen", "store.path";
// of what is in a list, the list's path.
bool needs_restart(std::string_view path);

// Paths of settings, in the order of the reference.
struct Changes {
  std::vector<std::string> taken;
  std::vector<std::string> need_restart;  // "grants[0].scopes" where an entry has changed
};

// Copies into `running` what may change while it is in use, and says what differed. Both come from
// load().
Changes take_over(Options& running, const Options& wanted);
// Where what was taken over comes from as well.
Changes take_over(Loaded& running, const Loaded& wanted);

}  // namespace postern::config
