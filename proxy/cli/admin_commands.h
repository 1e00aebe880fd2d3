// `postern healthcheck`, `wait` and `shutdown`: short questions to the running instance.
#pragma once

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"

namespace postern::cli {

// Asks one probe (ready, unless the arguments name another) and prints what it says. kDone when it
// passes. For HEALTHCHECK of containers and exec probes.
int healthcheck(const config::Options& options, const Arguments& arguments, Context& context);

// Blocks until the running instance is ready, at most --timeout (1m). Says why it is not, if so.
int wait_until_ready(const config::Options& options, const Arguments& arguments, Context& context);

// Asks it to end in order. Returns when that has begun.
int shut_down(const config::Options& options, const Arguments& arguments, Context& context);

}  // namespace postern::cli
