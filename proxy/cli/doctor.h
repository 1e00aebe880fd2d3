// `postern doctor`: tries each link of the chain to Sentry and names the first broken one.
#pragma once

#include <functional>
#include <string_view>

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"
#include "runtime/application.h"

namespace postern::cli {

// One real call to Sentry; runtime::probe, or a pretence of it.
using Probe = std::function<runtime::ProbeResult(const config::Options&, const grants::Grant&,
                                                 std::string_view path)>;

// One line per link, for each grant. kFailed if any grant has a broken one; what to do about it
// stands below.
int doctor(const config::Options& options, const Arguments& arguments, const Probe& probe,
           const Clock& clock, Context& context);

}  // namespace postern::cli
