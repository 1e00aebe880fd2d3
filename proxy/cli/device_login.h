// Logging in with a code that is entered on any device (RFC 8628).
#pragma once

#include "base/result.h"
#include "cli/attempt.h"

namespace postern::cli {

// Prints the code and asks Sentry, as often as it allows, whether it was entered. Errors are for
// the person who waits; nothing has been stored.
Result<grants::TokenAnswer> login_on_device(const Attempt& attempt);

}  // namespace postern::cli
