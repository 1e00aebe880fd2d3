// What an error inside a script speaks of: Redis names the line, not the command.
#pragma once

#include <string>
#include <string_view>

#include "redis/reply.h"

namespace postern::redis {

// Does `reply` say that the ACL forbids what a script of this user's does? Redis 7.0 gives such an
// error no code of its own.
bool is_forbidden_in_script(const Reply& reply);

// The command in that line of `script` which an error, or what was made of it, names; as "HSET".
// Empty when it names none, or one without a command.
std::string command_of_line(std::string_view script, std::string_view error);

}  // namespace postern::redis
