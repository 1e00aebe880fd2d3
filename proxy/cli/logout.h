// `postern logout`: forgets the stored token of a grant.
#pragma once

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"

namespace postern::cli {

// Wipes what is stored here; Sentry cannot be told, which is said. kDone also if nothing was there.
int logout(const config::Options& options, const Arguments& arguments, const Clock& clock,
           Context& context);

}  // namespace postern::cli
