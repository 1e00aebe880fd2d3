// Which grant a command is about.
#pragma once

#include <string>

#include "cli/context.h"
#include "config/options.h"

namespace postern::cli {

// The grant that --grant means: the one of that name, or the only one. Null, and what there is on
// `err`, if there is none.
const config::GrantSetup* choose_grant(const config::Options& options, const std::string& name,
                                       Context& context);

}  // namespace postern::cli
