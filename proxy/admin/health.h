// Health: what the probes answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/page.h"
#include "admin/status_report.h"

namespace postern::admin {

struct Check {
  std::string name;
  std::string fault;  // empty: passed
};

// Whether requests can be served now: not draining; each required grant usable and stored. Pure.
std::vector<Check> readiness(const StatusReport& report);
bool all_pass(const std::vector<Check>& checks);

// 200 or 503. `query` with "verbose" lists each check; a failed one is always named.
Response format_checks(std::string_view probe, const std::vector<Check>& checks,
                       std::string_view query);

}  // namespace postern::admin
