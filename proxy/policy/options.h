// Settings of what may be asked for, filled by config.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/rule.h"

namespace postern::policy {

// What becomes of a call that takes a scope which the grant lacks.
enum class Preflight : uint8_t {
  kEnforce,  // 403 at once where Sentry publishes what the endpoint takes, else as kWarn
  kWarn,     // sent, and marked in the log and in the answer
  kOff,      // sent
};

struct Options {
  bool organization_pinning = true;   // a grant serves its own organization and no other
  std::vector<std::string> unpinned;  // paths that need not name it (path_pattern.h)
  AccessMode access = AccessMode::kFull;
  std::vector<RuleOptions> rules;
  Effect fallback = Effect::kAllow;  // `policy.default`: what no rule decides
  bool dry_run = false;  // what access, rules or default would deny is logged, and passes
  Preflight preflight = Preflight::kEnforce;
  std::string catalogue;  // file of an endpoint table; empty: the program's own
  std::string table;      // what is in the file, known to be right
};

// What is wrong with a path as settings write it (path_pattern.h), without repeating it; nothing if
// it is right.
std::optional<std::string> pattern_fault(std::string_view text);
// The same for an entry of `unpinned`. Paths that name an organization are no matter of that list.
std::optional<std::string> unpinned_fault(std::string_view entry);

}  // namespace postern::policy
