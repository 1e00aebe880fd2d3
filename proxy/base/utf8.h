// Characters in bytes (UTF-8, RFC 3629).
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::utf8 {

// Bytes of the character at the front, if it is one of more than a byte; 0: it is none.
size_t length_of(std::string_view text);

// Whole characters only, and none that steer a terminal but tab and the ends of lines?
bool is_text(std::string_view bytes);

// Without the beginning of a character whose end was cut off.
std::string_view without_cut_end(std::string_view text);

}  // namespace postern::utf8
