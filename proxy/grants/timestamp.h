// Points in time as they stand in JSON: RFC 3339, "2026-01-31T12:00:00.054320Z".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern::grants {

// UTC with microseconds; what lies beyond is cut off.
std::string format_timestamp(WallTime time);

// Any offset and any number of decimals; nothing for what is not a date of the years 1970 to 9999.
std::optional<WallTime> parse_timestamp(std::string_view text);

}  // namespace postern::grants
