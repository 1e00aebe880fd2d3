// Text from elsewhere made fit to be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::text {

// For a terminal or a message: control and non-ASCII bytes become '?', the rest is cut after `max`
// bytes.
std::string printable(std::string_view text, size_t max = 200);

}  // namespace postern::text
