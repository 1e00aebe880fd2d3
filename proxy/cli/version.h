// What `postern version` prints.
#pragma once

#include <string>

namespace postern::cli {

// One line: Postern's version and that of the TLS library in use.
std::string version_line();

}  // namespace postern::cli
