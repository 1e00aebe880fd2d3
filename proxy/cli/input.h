// A line that a person types or pastes.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace postern::cli {

// Reads one line from `descriptor`, without its end, waiting at most `timeout`. Errors: nothing
// came in time, the input has ended, or the line is longer than any URL. No byte behind the line is
// taken.
Result<std::string> read_line(int descriptor, Duration timeout);

}  // namespace postern::cli
