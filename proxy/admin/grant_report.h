// A keeper's status, in the words of the status document.
#pragma once

#include <string>
#include <string_view>

#include "admin/status_report.h"
#include "base/clock.h"
#include "grants/keeper.h"

namespace postern::admin {

GrantReport report_of(const grants::Keeper& keeper, WallTime now);

// last_error without the remedy that it may end with: that stands by itself.
std::string_view error_alone(const GrantReport& report);

// "Ada, ada@example.com, id 7"; empty: not known.
std::string holder_words(const GrantReport& report);

}  // namespace postern::admin
