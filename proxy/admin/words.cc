#include "admin/words.h"

#include <algorithm>
#include <array>

#include "grants/timestamp.h"

namespace postern::admin {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

std::string two(int64_t large, const char* unit, int64_t small, const char* small_unit) {
  std::string out = std::to_string(large) + unit;
  if (small > 0) out += " " + std::to_string(small) + small_unit;
  return out;
}

// "2.4", cut off behind the first decimal.
std::string with_decimal(uint64_t tenths) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

std::string span_words(int64_t seconds) {
  if (seconds >= kDay) return two(seconds / kDay, "d", seconds % kDay / kHour, "h");
  if (seconds >= kHour) return two(seconds / kHour, "h", seconds % kHour / kMinute, "m");
  if (seconds >= kMinute) return two(seconds / kMinute, "m", seconds % kMinute, "s");
  return std::to_string(std::max<int64_t>(seconds, 0)) + "s";
}

std::string short_words(Duration span) {
  const int64_t tenths = std::max<int64_t>(span / std::chrono::microseconds(100), 0);
  if (tenths == 0) return "0 ms";
  if (tenths < 100) return with_decimal(static_cast<uint64_t>(tenths)) + " ms";
  if (tenths < 10'000) return std::to_string(tenths / 10) + " ms";
  if (tenths < 600'000) return with_decimal(static_cast<uint64_t>(tenths / 1000)) + " s";
  return span_words(tenths / 10'000);
}

std::string bytes_words(uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits{" KiB", " MiB", " GiB", " TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  size_t unit = 0;
  while (bytes >= 1024 * 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return with_decimal(bytes * 10 / 1024) + kUnits[unit];
}

std::string count_words(uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string clock_words(WallTime time) {
  return grants::format_timestamp(time).substr(11, 8);
}

}  // namespace postern::admin
