#include "cli/choose_grant.h"

#include <ostream>

namespace postern::cli {

const config::GrantSetup* choose_grant(const config::Options& options, const std::string& name,
                                       Context& context) {
  if (name.empty() && options.grants.size() == 1) return &options.grants.front();
  std::string names;
  for (const config::GrantSetup& setup : options.grants) {
    if (!name.empty() && setup.grant.name == name) return &setup;
    names += (names.empty() ? "" : ", ") + setup.grant.name;
  }
  context.err << (name.empty() ? "which grant? Add --grant NAME"
                               : "there is no grant " + printable(name))
              << "; there are: " << names << '\n';
  return nullptr;
}

}  // namespace postern::cli
