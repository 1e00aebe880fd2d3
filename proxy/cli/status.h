// `postern status`: how each grant is.
#pragma once

#include "admin/status_report.h"
#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"

namespace postern::cli {

// Asks the running instance; when none runs, looks into the store and says so. A table on a
// terminal, plain lines elsewhere, or JSON. kFailed when a grant needs a person, or when the
// instance's answer cannot be used. With --watch it goes on until Ctrl-C. With --fleet it is
// fleet_status().
int status(const config::Options& options, const Arguments& arguments, const Clock& clock,
           Context& context);

// What the store says by itself. Makes no store where there is none.
admin::StatusReport read_stored_status(const config::Options& options, WallTime now);

// For people, a few lines for each grant.
std::string describe(const admin::StatusReport& report);

}  // namespace postern::cli
