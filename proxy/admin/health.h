// Health: what the probes answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "admin/page.h"
#include "admin/status_report.h"
#include "base/clock.h"
#include "event/stall_meter.h"

namespace postern::admin {

struct Check {
  std::string name;
  std::string fault;  // empty: passed
};

// What the parts say about themselves. Each request holds at most one call of the pools and one
// leave of the limits.
struct Vitals {
  event::Stalls stalls;
  size_t requests = 0;
  size_t admitted = 0;  // requests that the limits know of
  size_t calls = 0;     // of the pools, but for those to the token endpoint
};

inline constexpr Duration kStallMemory = std::chrono::minutes(1);

// Whether starting anew would help: the loop has not stood still within kStallMemory, and nothing
// is held by requests that are gone. Pure.
std::vector<Check> liveness(const Vitals& vitals);

// Whether requests can be served now: not draining; each required grant usable and stored; what is
// new can be stored. When a store that instances share is out of reach, they serve on with what
// they have in memory: all would be taken out at once, to no avail. Pure.
std::vector<Check> readiness(const StatusReport& report);
bool all_pass(const std::vector<Check>& checks);

// 200 or 503. `query` with "verbose" lists each check; a failed one is always named.
Response format_checks(std::string_view probe, const std::vector<Check>& checks,
                       std::string_view query);

}  // namespace postern::admin
