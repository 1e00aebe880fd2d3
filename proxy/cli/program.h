// The whole program, as main() calls it.
#pragma once

#include "cli/context.h"

namespace postern::cli {

// Runs the command that the arguments name. Returns the exit code of the process.
int run_program(int argc, const char* const* argv, Context& context);

}  // namespace postern::cli
