// The scopes that a grant can ask for, as they are chosen: how far, and what beside.
#pragma once

#include <string>
#include <vector>

namespace postern::admin {

struct ScopeOption {
  std::string scope;  // "project:write"
  std::string note;   // what it contains, or is contained in; for people, may be empty
  bool is_chosen = false;
};

// What one subject has.
struct ScopeChoice {
  std::string subject;              // "project"
  std::vector<ScopeOption> ladder;  // each contains those before it: one of them is chosen, or none
  std::vector<ScopeOption> others;  // chosen each by itself
};

// All that an application can ask for, `scopes` chosen; what is among these and unknown to us is an
// option too. Pure.
std::vector<ScopeChoice> scope_choices(const std::vector<std::string>& scopes);

}  // namespace postern::admin
