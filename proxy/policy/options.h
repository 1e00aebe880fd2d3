// Settings of what may be asked for, filled by config.
#pragma once

#include <vector>

#include "policy/rule.h"

namespace postern::policy {

struct Options {
  bool organization_pinning = true;  // a grant serves its own organization and no other
  AccessMode access = AccessMode::kFull;
  std::vector<RuleOptions> rules;
  Effect fallback = Effect::kAllow;  // `policy.default`: what no rule decides
  bool dry_run = false;  // what access, rules or default would deny is logged, and passes
};

}  // namespace postern::policy
