// The admin token: what a caller on TCP shows before it may change anything.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::admin {

// Reads the token in `path`. When there is no such file, makes one of mode 0600 holding 32 random
// bytes in hex. Blocks on the disk. Errors: the file cannot be read or made, is open to other
// users, or holds something else.
Result<std::string> load_or_make_token(const std::string& path);

// The same, but never makes one: for those who show it.
Result<std::string> read_token(const std::string& path);

// Compares in a time that depends on the lengths alone. An empty token equals nothing.
bool is_same_token(std::string_view shown, std::string_view token);

}  // namespace postern::admin
