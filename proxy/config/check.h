// What must hold between settings, beyond the form of each.
#pragma once

#include "config/load.h"

namespace postern::config {

// Adds a fault for each rule that is broken, unless it only follows from one that is in `faults`
// already. Looks at the files that are named, at nothing else outside. `further` may be null.
void check_options(const Options& options, const Origins& origins, Faults& faults,
                   const FurtherCheck& further = nullptr);

}  // namespace postern::config
