// Logging in with a browser elsewhere: the person pastes where it ended.
#pragma once

#include "base/result.h"
#include "cli/attempt.h"

namespace postern::cli {

// Prints the URL and reads lines from the context's input until one is an answer. Errors are for
// the person who waits; nothing has been stored.
Result<grants::TokenAnswer> login_by_paste(const Attempt& attempt);

}  // namespace postern::cli
