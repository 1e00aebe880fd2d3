#include "grants/timestamp.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/text.h"

namespace postern::grants {
namespace {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads a fixed layout from the front of a text.
class Cursor final {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  // Exactly `width` digits; -1 if they are not there.
  int digits(size_t width) {
    if (text_.size() < width) return -1;
    auto value = text::parse_unsigned(text_.substr(0, width));
    text_.remove_prefix(width);
    return value ? static_cast<int>(*value) : -1;
  }
  bool skip(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    last_ = text_.front();
    text_.remove_prefix(1);
    return true;
  }
  char last() const { return last_; }
  bool at_end() const { return text_.empty(); }

  // Digits behind the point; those past the sixth are dropped.
  std::optional<microseconds> fraction() {
    int64_t value = 0;
    size_t count = 0;
    for (; count < text_.size() && text_[count] >= '0' && text_[count] <= '9'; ++count) {
      if (count < 6) value = value * 10 + (text_[count] - '0');
    }
    if (count == 0) return {};
    for (size_t i = count; i < 6; ++i) value *= 10;
    text_.remove_prefix(count);
    return microseconds(value);
  }

 private:
  std::string_view text_;
  char last_ = 0;
};

std::optional<std::chrono::sys_days> read_date(Cursor& cursor) {
  int year = cursor.digits(4);
  if (year < 1970 || !cursor.skip("-")) return {};
  int month = cursor.digits(2);
  if (month < 1 || !cursor.skip("-")) return {};
  int day = cursor.digits(2);
  if (day < 1) return {};
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date);
}

std::optional<microseconds> read_time_of_day(Cursor& cursor) {
  int hour = cursor.digits(2);
  if (hour < 0 || hour > 23 || !cursor.skip(":")) return {};
  int minute = cursor.digits(2);
  if (minute < 0 || minute > 59 || !cursor.skip(":")) return {};
  int second = cursor.digits(2);
  if (second < 0 || second > 60) return {};
  microseconds time = hours(hour) + minutes(minute) + seconds(second);
  if (!cursor.skip(".")) return time;
  auto fraction = cursor.fraction();
  if (!fraction) return {};
  return time + *fraction;
}

std::optional<minutes> read_offset(Cursor& cursor) {
  if (cursor.skip("Zz")) return minutes(0);
  if (!cursor.skip("+-")) return {};
  bool ahead = cursor.last() == '+';
  int hour = cursor.digits(2);
  if (hour < 0 || hour > 23 || !cursor.skip(":")) return {};
  int minute = cursor.digits(2);
  if (minute < 0 || minute > 59) return {};
  minutes offset = hours(hour) + minutes(minute);
  return ahead ? offset : -offset;
}

}  // namespace

std::string format_timestamp(WallTime time) {
  auto day = floor<days>(time);
  std::chrono::year_month_day date(day);
  auto rest = floor<microseconds>(time - day);
  auto hour = duration_cast<hours>(rest);
  auto minute = duration_cast<minutes>(rest - hour);
  auto second = duration_cast<seconds>(rest - hour - minute);
  auto micros = rest - hour - minute - second;
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%06ldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<long>(hour.count()),
                static_cast<long>(minute.count()), static_cast<long>(second.count()),
                static_cast<long>(micros.count()));
  return out.data();
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  auto date = read_date(cursor);
  if (!date || !cursor.skip("Tt ")) return {};
  auto time = read_time_of_day(cursor);
  if (!time) return {};
  auto offset = read_offset(cursor);
  if (!offset || !cursor.at_end()) return {};
  // The clock counts nanoseconds in 64 bits, which ends in the year 2262: clamp before converting.
  constexpr auto kLast = std::chrono::sys_days(std::chrono::year(2262) / 1 / 1);
  if (*date >= kLast) return WallTime(kLast);
  return WallTime(*date) + *time - *offset;
}

}  // namespace postern::grants
