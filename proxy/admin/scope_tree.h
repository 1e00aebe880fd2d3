// A grant's scopes as a tree: what they are about, and how far they go there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::admin {

enum class Hold : uint8_t { kNone, kContained, kGiven };  // kContained: by a wider scope

struct ScopeLevel {
  std::string name;  // "read"; empty for a scope without levels, such as "openid"
  Hold hold = Hold::kNone;
};

struct ScopeBranch {
  std::string subject;  // "project"
  std::vector<ScopeLevel> levels;
};

// Sentry's subjects in Sentry's order, each with read, write and admin where it has them; then what
// `scopes` has beside these. Other scopes are there only when they are held. Pure.
std::vector<ScopeBranch> scope_tree(const std::vector<std::string>& scopes);

}  // namespace postern::admin
