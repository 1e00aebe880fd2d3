// `postern status` for somebody at a terminal.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "admin/status_report.h"
#include "cli/style.h"

namespace postern::cli {

// What to do about a grant, by its name: put on a line of its own where the report ends with it.
using Remedies = std::map<std::string, std::string>;

std::string status_table(const admin::StatusReport& report, const Remedies& remedies,
                         const Style& style);

// "in 29 days", "in 1 hour", "2 minutes ago": the largest unit, rounded down.
std::string in_words(int64_t seconds);

}  // namespace postern::cli
