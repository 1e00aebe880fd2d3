// What must hold between the settings of `store`, and for limits that are shared. Part of
// check_options().
#pragma once

#include "config/check_policy.h"
#include "config/load.h"
#include "config/options.h"

namespace postern::config {

// `earlier`: what is known to be wrong already, and so may be missing in `options`.
void check_store(const Options& options, const Origins& origins, const Faults& earlier,
                 const Refuse& refuse);

}  // namespace postern::config
