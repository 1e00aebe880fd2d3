// What --help prints: a screen of 24 lines and 80 columns at the most, an example at its end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_text.h"

namespace postern::cli {

std::string help(const ProgramText& program);
std::string help(const ProgramText& program, const CommandText& command);

// "postern explain METHOD PATH [OPTION]..."
std::string usage_line(const CommandText& command);
// `postern help status` asks what `postern status --help` asks. The words live as long as `argv`.
std::vector<const char*> with_help_as_option(int argc, const char* const* argv);

// "--grant NAME"
std::string label_of(const ArgumentText& argument);

}  // namespace postern::cli
