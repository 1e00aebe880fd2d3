// `postern status --fleet`: all instances that share a store, as the local one sees them.
#pragma once

#include <string>

#include "admin/fleet_report.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/style.h"
#include "config/options.h"

namespace postern::cli {

// Asks the running instance, which asks the store. A table on a terminal, plain lines elsewhere, or
// JSON. kFailed when there is no fleet, the store could not be read, or an instance is not ready,
// silent or behind. With --watch it goes on until Ctrl-C.
int fleet_status(const config::Options& options, const Arguments& arguments, Context& context);

// For people, a few lines for each instance and grant.
std::string describe(const admin::FleetReport& report);
std::string fleet_table(const admin::FleetReport& report, const Style& style);

}  // namespace postern::cli
