// `postern man`: the manual page, section 1, as roff.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_text.h"

namespace postern::cli {

std::string man_page(const ProgramText& program, std::string_view version);

}  // namespace postern::cli
