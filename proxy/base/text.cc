#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

namespace postern::text {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first: formatting takes the first that divides.
constexpr std::array kSizes{Unit{"GiB", uint64_t{1} << 30}, Unit{"MiB", uint64_t{1} << 20},
                            Unit{"KiB", uint64_t{1} << 10}};
constexpr std::array kDurations{
    Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"s", 1'000'000'000},
    Unit{"ms", 1'000'000},        Unit{"us", 1'000},         Unit{"ns", 1}};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

uint64_t load_word(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// lower() of eight bytes. The sums carry into a byte's top bit if the byte is at least 'A', or
// beyond 'Z'; bytes of 0x80 and above are left alone.
uint64_t lower_word(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes * 0x80;
  const uint64_t low_bits = word & ~kHighs;
  const uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const uint64_t beyond_z = low_bits + kOnes * (0x7F - 'Z');
  const uint64_t is_upper = (from_a ^ beyond_z) & ~word & kHighs;
  return word | (is_upper >> 2);
}

// "<digits><unit>" → digits times the unit's factor, unless that overflows.
std::optional<uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  const auto* digits_end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = static_cast<size_t>(digits_end - text.begin());
  const std::optional<uint64_t> number = parse_unsigned(text.substr(0, digits));
  if (!number) return std::nullopt;
  const std::string_view name = text.substr(digits);
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (*number > std::numeric_limits<uint64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string format_with_unit(uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return std::to_string(value / unit.factor).append(unit.name);
  }
  return std::to_string(value);
}

// Levenshtein distance with swapped neighbours counted once, by three rows.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({changed, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

// Eight bytes at a time: names of header fields are compared all along the way of a request.
bool detail::equal_folded(const char* a, const char* b, size_t size) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    if (lower_word(load_word(a + i)) != lower_word(load_word(b + i))) return false;
  }
  for (; i < size; ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string uppered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::optional<uint64_t> parse_unsigned(std::string_view digits) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<uint64_t> parse_size(std::string_view text) {
  if (const std::optional<uint64_t> plain = parse_unsigned(text)) return plain;
  return parse_with_unit(text, kSizes);
}

std::optional<Duration> parse_duration(std::string_view text) {
  const std::optional<uint64_t> value = parse_with_unit(text, kDurations);
  if (!value || *value > static_cast<uint64_t>(Duration::max().count())) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*value));
}

size_t write_milliseconds(Duration value, char* out) {
  const int64_t micros = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
  char* at = out;
  if (micros < 0) *at++ = '-';
  const auto size = static_cast<uint64_t>(micros < 0 ? -micros : micros);
  at = std::to_chars(at, out + 24, size / 1000).ptr;
  const uint64_t fraction = size % 1000;
  *at++ = '.';
  *at++ = static_cast<char>('0' + fraction / 100);
  *at++ = static_cast<char>('0' + fraction / 10 % 10);
  *at++ = static_cast<char>('0' + fraction % 10);
  return static_cast<size_t>(at - out);
}

std::string format_size(uint64_t bytes) {
  return bytes == 0 ? "0" : format_with_unit(bytes, kSizes);
}

std::string format_duration(Duration value) {
  if (value == Duration::zero()) return "0s";
  const bool negative = value < Duration::zero();
  const auto count = static_cast<uint64_t>(value.count());
  const std::string text = format_with_unit(negative ? 0 - count : count, kDurations);
  return negative ? "-" + text : text;
}

std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> candidates) {
  // A third of the letters may differ: "max_bdoy" finds "max_body", "x" finds nothing.
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  std::optional<std::string_view> best;
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    const bool shares_a_letter = distance < std::max(name.size(), candidate.size());
    if (distance >= best_distance || !shares_a_letter) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace postern::text
