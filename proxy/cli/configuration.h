// Finding and loading the configuration, as every command but `version` does first.
#pragma once

#include <optional>

#include "cli/arguments.h"
#include "cli/context.h"
#include "config/load.h"

namespace postern::cli {

// Which file it was, and what is in it. When there is nothing usable all faults are on `err`, one a
// line, and the command must end with kUsage.
struct Configuration {
  std::string file;
  config::Loaded loaded;
};
std::optional<Configuration> load_configuration(const Arguments& arguments, Context& context);

// The commands that are about nothing else.
int check(const Arguments& arguments, Context& context);
int show(const Arguments& arguments, Context& context);

}  // namespace postern::cli
