// Logging in with a browser on this machine.
#pragma once

#include "base/result.h"
#include "cli/attempt.h"

namespace postern::cli {

// Listens on a loopback address, prints the URL (and opens it where there is a display), and waits
// for the browser to be led back. Blocks with a loop of its own. Errors are for the person who
// waits; nothing has been stored.
Result<grants::TokenAnswer> login_in_browser(const Attempt& attempt);

}  // namespace postern::cli
