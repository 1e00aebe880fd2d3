// The settings that it takes to ask the running instance.
#pragma once

#include <optional>

#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"

namespace postern::cli {

// The configuration's. A faulty file does not end the instance, so it does not end questions to
// that one either: then `err` is warned, and the options say where the instance is and where its
// token, and have no grants. Likewise with --admin and no configuration. Nothing, with all faults
// on `err`: the command must end with kUsage, for nobody can be asked. Blocks, for a second at
// most.
std::optional<config::Options> instance_options(const Arguments& arguments, Context& context);

}  // namespace postern::cli
