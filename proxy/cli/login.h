// `postern login`: connects a grant to Sentry, in one of four ways.
#pragma once

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/sentry_calls.h"
#include "config/options.h"

namespace postern::cli {

// A running `serve` sees the new token by itself. Prints no part of a token. kUsage when the
// configuration cannot lead to a token; what is stored then, or after a failure, is as before.
int login(const config::Options& options, const Arguments& arguments, const SentryCalls& calls,
          const Clock& clock, Context& context);

}  // namespace postern::cli
