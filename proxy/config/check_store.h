// What must hold between the settings of `store`, and for limits that are shared. Part of
// check_options().
#pragma once

#include "config/check_policy.h"
#include "config/load.h"
#include "config/options.h"

namespace postern::config {

void check_store(const Options& options, const Origins& origins, const Refuse& refuse);

}  // namespace postern::config
