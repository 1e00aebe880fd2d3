// The admin token: what a caller on TCP shows before it may change anything.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace postern::admin {

// Reads the token in `path`. When there is no such file, makes one of mode 0600 holding 32 random
// bytes in hex. Blocks on the disk. Errors: the file cannot be read or made, is open to other
// users, or holds something else.
Result<Secret> load_or_make_token(const std::string& path);

// The same, but never makes one: for those who show it.
Result<Secret> read_token(const std::string& path);

}  // namespace postern::admin
