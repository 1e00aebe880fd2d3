// `postern doctor`: tries each link of the chain to Sentry and names the first broken one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "config/options.h"
#include "runtime/application.h"

namespace postern::cli {

// One real call to Sentry; runtime::probe, or a pretence of it.
using Probe = std::function<runtime::ProbeResult(const config::Options&, const grants::Grant&,
                                                 std::string_view path)>;

// Would the Redis of limits that are shared do? runtime::probe_limits, or a pretence of it.
using LimitsProbe = std::function<Result<std::string>(const config::Options&)>;

struct Probes {
  Probe sentry;
  LimitsProbe limits;
};

// One line per link, for each grant, and for the Redis of shared limits. kFailed if any is broken;
// what to do about it stands below.
int doctor(const config::Options& options, const Arguments& arguments, const Probes& probes,
           const Clock& clock, Context& context);

}  // namespace postern::cli
