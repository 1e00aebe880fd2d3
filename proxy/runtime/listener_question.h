// A question about a request, completed with what the listener that it comes in by would add.
#pragma once

#include "base/result.h"
#include "config/options.h"
#include "relay/explanation.h"
#include "relay/problem.h"

namespace postern::runtime {

// `question` with its listener by the name that rules use, and with that one's ceiling. A question
// that names no listener is about the only one there is, else about one that serves what all of
// them serve. Errors: a listener that is not there, a user or a certificate's name that cannot be
// known there or may not come in, or no name where a certificate is asked for. The views point into
// `question` and `options`.
Result<relay::Question, relay::Problem> at_listener(relay::Question question,
                                                    const config::Options& options);

}  // namespace postern::runtime
