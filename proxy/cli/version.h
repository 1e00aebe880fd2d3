// Which Postern this is.
#pragma once

#include <string>

namespace postern::cli {

std::string version();  // "0.1.0"

// One line: Postern's version and that of the TLS library in use.
std::string version_line();

}  // namespace postern::cli
