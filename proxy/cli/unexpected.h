// Words of a command line that mean nothing: what was meant, most likely.
#pragma once

#include <string>
#include <vector>

#include "cli/command_text.h"

namespace postern::cli {

// In words for people. `command`: the one that was named; empty: none. REQUIRES: `words` has one.
std::string explain_unexpected(const std::vector<std::string>& words, const ProgramText& program,
                               const std::string& command);

std::string command_names(const ProgramText& program);  // "serve, check, …"

}  // namespace postern::cli
