// `postern status` for somebody at a terminal.
#pragma once

#include <cstdint>
#include <string>

#include "admin/status_report.h"
#include "cli/style.h"

namespace postern::cli {

std::string status_table(const admin::StatusReport& report, const Style& style);

// One line, without its end.
std::string cache_line(const admin::CacheReport& cache);
std::string share_line(const admin::ShareReport& share);

// "in 29 days", "in 1 hour", "2 minutes ago": the largest unit, rounded down.
std::string in_words(int64_t seconds);

}  // namespace postern::cli
