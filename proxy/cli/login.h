// `postern login --import`: a token endpoint's answer becomes a stored grant.
#pragma once

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"

namespace postern::cli {

// A running `serve` sees the new token by itself. Prints no part of a token.
int login(const config::Options& options, const Arguments& arguments, const Clock& clock,
          Context& context);

}  // namespace postern::cli
