// What would become of a request, as far as that can be known while nothing runs.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "cli/context.h"
#include "config/options.h"
#include "relay/explanation.h"
#include "relay/problem.h"

namespace postern::cli {

// By the endpoint table, the configuration and the stored grants, in the words that a running
// Postern would use. `err` is told which grants the store says nothing of. Makes no call, and no
// store where there is none. Errors: those of Relay::explain.
Result<relay::Explanation, relay::Problem> explain_stored(const config::Options& options,
                                                          const relay::Question& question,
                                                          const Clock& clock, Context& context);

}  // namespace postern::cli
