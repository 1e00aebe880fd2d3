// Bytes that must not be in a log line: those that a terminal obeys or that end a line.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::test {

// Where the first control character is, C1 in UTF-8 included; npos: nowhere.
inline size_t first_control(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return i;
    const bool before_c1 = byte == 0xC2 && i + 1 < text.size();
    if (before_c1 && static_cast<uint8_t>(text[i + 1]) < 0xA0) return i;
  }
  return std::string_view::npos;
}

}  // namespace postern::test
