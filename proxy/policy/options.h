// Settings of what may be asked for, filled by config.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {

struct Options {
  bool organization_pinning = true;   // a grant serves its own organization and no other
  std::vector<std::string> unpinned;  // patterns of paths that need not name it (unpinned_path.h)
};

// What is wrong with an entry of `unpinned`, without repeating it; nothing if it is right.
std::optional<std::string> unpinned_fault(std::string_view entry);

}  // namespace postern::policy
