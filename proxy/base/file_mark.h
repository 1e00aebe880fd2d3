// What a look at a file shows, to tell whether it has changed since.
#pragma once

#include <string>

namespace postern {

// Changes when the file is written, replaced, given to another owner or other permissions, or a
// link on the way to it is turned elsewhere. Empty: there is none. Any thread.
std::string file_mark(const std::string& path);

}  // namespace postern
