// Shows something that changes, each second, until somebody ends it.
#pragma once

#include <functional>
#include <string>

#include "cli/context.h"

namespace postern::cli {

// On a terminal each frame takes the place of the one before, on a screen of its own; elsewhere it
// is written below it. Returns when SIGINT, SIGTERM or SIGHUP comes, or nothing can be written any
// more; the terminal is then as it was.
void watch(Context& context, const std::function<std::string()>& frame);

}  // namespace postern::cli
