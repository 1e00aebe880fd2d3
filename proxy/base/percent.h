// Hexadecimal digits, and percent-encoding (RFC 3986 §2.1).
#pragma once

#include <string>
#include <string_view>

namespace postern::text {

constexpr int hex_value(char c) {  // -1: no digit
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that "%HH" at the front of `text` stands for, or -1.
constexpr int percent_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Everything but the unreserved characters is encoded.
std::string percent_encoded(std::string_view text);

}  // namespace postern::text
