// What each byte may be part of: one table for every question of the parsers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace postern::http::chars {

inline constexpr uint8_t kToken = 1;   // tchar (RFC 9110 §5.6.2)
inline constexpr uint8_t kValue = 2;   // VCHAR, SP, HTAB, obs-text (RFC 9110 §5.5)
inline constexpr uint8_t kPath = 4;    // pchar, "/" and "%" (RFC 3986 §3.3)
inline constexpr uint8_t kQuery = 8;   // kPath, "?" and what browsers leave raw: [ ] { } | ^ `
inline constexpr uint8_t kHost = 16;   // letters, digits, "-", "." and "_"
inline constexpr uint8_t kHex = 32;    // HEXDIG in both cases
inline constexpr uint8_t kDigit = 64;  // DIGIT

namespace detail {

constexpr std::array<uint8_t, 256> make_table() {
  std::array<uint8_t, 256> table{};
  const auto add = [&table](std::string_view bytes, uint8_t classes) {
    for (const char c : bytes) table[static_cast<uint8_t>(c)] |= classes;
  };
  for (size_t byte = 0x20; byte < 256; ++byte) {
    if (byte != 0x7F) table[byte] |= kValue;
  }
  add("\t", kValue);
  add("0123456789", kDigit | kHex);
  add("abcdefABCDEF", kHex);
  for (const std::string_view alnum :
       {"0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
    add(alnum, kToken | kPath | kQuery | kHost);
  }
  add("!#$%&'*+-.^_`|~", kToken);
  add("-._~!$&'()*+,;=:@/%", kPath | kQuery);
  add("?[]{}|^`", kQuery);
  add("-._", kHost);
  return table;
}

inline constexpr std::array<uint8_t, 256> kTable = make_table();

}  // namespace detail

constexpr bool is(char c, uint8_t classes) {
  return (detail::kTable[static_cast<uint8_t>(c)] & classes) != 0;
}

// How many bytes at the front of `text` are of the class.
inline size_t span_of(std::string_view text, uint8_t classes) {
  size_t i = 0;
  while (i < text.size() && is(text[i], classes)) ++i;
  return i;
}

// span_of(text, kValue), eight bytes at a time: field values are most of a head.
inline size_t span_of_value(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  size_t i = 0;
  while (i + 8 <= text.size()) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    const uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
    const uint64_t del = word ^ (kOnes * 0x7F);
    const uint64_t is_del = (del - kOnes) & ~del & kHighs;
    if ((below_space | is_del) != 0) {
      // One of the eight is HTAB, DEL or another control byte.
      const size_t length = span_of(text.substr(i, 8), kValue);
      if (length < 8) return i + length;
    }
    i += 8;
  }
  return i + span_of(text.substr(i), kValue);
}

}  // namespace postern::http::chars
