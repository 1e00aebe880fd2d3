// Making folders.
#pragma once

#include <string>

namespace postern {

// As mkdir -p, each new one 0700. 0, or errno of the one that could not be made.
int make_folders(const std::string& path);

}  // namespace postern
