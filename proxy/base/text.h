// Small questions about text: ASCII case, numbers, sizes, durations, nearest names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace postern::text {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
// A set of bytes for scanning: one look-up a byte, where find_first_of() would make a call.
class ByteSet final {
 public:
  constexpr explicit ByteSet(std::string_view bytes) {
    for (char c : bytes) has_[static_cast<unsigned char>(c)] = true;
  }
  constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }
  // The first byte at or behind `from` that is in the set, or is not; text.size() if there is none.
  constexpr size_t first_in(std::string_view text, size_t from) const {
    while (from < text.size() && !has(text[from])) ++from;
    return from;
  }
  constexpr size_t first_not_in(std::string_view text, size_t from) const {
    while (from < text.size() && has(text[from])) ++from;
    return from;
  }

 private:
  std::array<bool, 256> has_{};
};

namespace detail {
bool equal_folded(const char* a, const char* b, size_t size);
}
inline bool iequals(std::string_view a, std::string_view b) {  // ASCII case-insensitive
  return a.size() == b.size() && detail::equal_folded(a.data(), b.data(), a.size());
}
std::string lowered(std::string_view text);  // ASCII, as is uppered()
std::string uppered(std::string_view text);
std::string joined(const std::vector<std::string>& words);  // with spaces between them
constexpr std::string_view trim(std::string_view text) {    // SP and HTAB at both ends
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes what stands before the first `mark`, and the mark; all of it when there is none.
constexpr std::string_view take_until(std::string_view& rest, char mark) {
  const size_t end = rest.find(mark);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

// Digits only, no sign, no space, checked for overflow.
std::optional<uint64_t> parse_unsigned(std::string_view digits);

// "512", "64KiB", "16MiB", "1GiB" → bytes. "250ms", "20s", "5m", "1h" → duration.
std::optional<uint64_t> parse_size(std::string_view text);
std::optional<Duration> parse_duration(std::string_view text);
// Milliseconds with three decimals, "12.345", into `out` (at least 32 bytes); returns the length.
size_t write_milliseconds(Duration value, char* out);
std::string format_size(uint64_t bytes);
std::string format_duration(Duration value);

// The candidate nearest to `name` by edit distance, if near enough to be a likely typing error.
std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);

}  // namespace postern::text
