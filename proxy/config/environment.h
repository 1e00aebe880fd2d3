// The environment as a value, and `${NAME}` in the values of a configuration file.
#pragma once

#include <map>
#include <string>

#include "config/node.h"

namespace postern::config {

using Environment = std::map<std::string, std::string, std::less<>>;

// A copy of the process's environment.
Environment process_environment();

// Expands every scalar of the tree: ${NAME}, ${NAME:-text if NAME is unset or empty}, and $$ for a
// dollar sign. An unset NAME without a default, and any other use of $, is a fault.
void expand(Node& tree, const Environment& environment, Faults& faults);

}  // namespace postern::config
