// Small questions about text: ASCII case, numbers, sizes, durations, nearest names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern::text {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
bool iequals(std::string_view a, std::string_view b);  // ASCII case-insensitive
std::string lowered(std::string_view text);
std::string_view trim(std::string_view text);  // SP and HTAB at both ends

// Digits only, no sign, no space, checked for overflow.
std::optional<uint64_t> parse_unsigned(std::string_view digits);

// "512", "64KiB", "16MiB", "1GiB" → bytes. "250ms", "20s", "5m", "1h" → duration.
std::optional<uint64_t> parse_size(std::string_view text);
std::optional<Duration> parse_duration(std::string_view text);
std::string format_size(uint64_t bytes);
std::string format_duration(Duration value);

// The candidate nearest to `name` by edit distance, if near enough to be a likely typing error.
std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);

}  // namespace postern::text
