// `postern scopes`: the scopes there are and what they open, or the least that some calls take.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/scope_tally.h"
#include "config/options.h"
#include "policy/catalogue.h"

namespace postern::cli {

// For the comments beside the list.
struct ScopeNotes {
  std::string source;                   // what the lines came from
  std::vector<std::string> configured;  // of the grant; empty: not known
  bool logs_in = true;                  // the grant is one that `postern login` serves
};

// YAML to be pasted into an entry of `grants`: one key, the rest comments.
std::string to_yaml(const NeededScopes& needed, const ScopeNotes& notes,
                    const policy::Catalogue& catalogue);

// With a configuration if there is one, since it may name another endpoint table and says what the
// grants are; without one all the same. kFailed: the file cannot be read, holds no calls, or has
// lines that are none, which `err` names.
int scopes(const Arguments& arguments, Context& context);

}  // namespace postern::cli
