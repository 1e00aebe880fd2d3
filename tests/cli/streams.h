// A command's surroundings in a test.
#pragma once

#include <sstream>
#include <string>

#include "cli/context.h"

namespace postern::cli {

struct Streams {
  std::ostringstream out;
  std::ostringstream err;
  Context context{out, err, {}};
};

}  // namespace postern::cli
