#include "limits/limit_headers.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"

namespace postern::limits {
namespace {

// More than any limit, and well within what a double holds exactly.
constexpr int64_t kMost = 1'000'000'000;
// Resets later than the year 5000 are no resets.
constexpr int64_t kLastReset = 100'000'000'000;

// "40", " -1", "+3", "40, 40" (two lines joined by someone on the way).
std::optional<int64_t> parse_number(std::string_view value) {
  value = text::trim(value.substr(0, value.find(',')));
  const bool negative = !value.empty() && value.front() == '-';
  if (!value.empty() && (value.front() == '-' || value.front() == '+')) value.remove_prefix(1);
  const std::optional<uint64_t> digits = text::parse_unsigned(value);
  if (!digits) return std::nullopt;
  const auto number =
      static_cast<int64_t>(std::min<uint64_t>(*digits, static_cast<uint64_t>(kLastReset) + 1));
  return negative ? -number : number;
}

// Of several lines of one name the first that is a number.
void take_number(std::optional<int64_t>& into, std::string_view value) {
  if (!into) into = parse_number(value);
}

void take(LimitHeaders& headers, std::string_view name, std::string_view value) {
  if (text::iequals(name, "Limit")) take_number(headers.limit, value);
  if (text::iequals(name, "Remaining")) take_number(headers.remaining, value);
  if (text::iequals(name, "Reset")) take_number(headers.reset, value);
  if (text::iequals(name, "ConcurrentLimit")) take_number(headers.concurrent_limit, value);
  if (text::iequals(name, "ConcurrentRemaining")) take_number(headers.concurrent_remaining, value);
}

// What cannot be is as good as not said.
void tidy_count(std::optional<int64_t>& count) {
  if (!count) return;
  count = *count < 0 ? std::nullopt : std::optional(std::min(*count, kMost));
}

std::optional<int64_t> day_of(std::string_view digits, std::string_view month, int64_t year) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::optional<uint64_t> day = text::parse_unsigned(digits);
  const auto* found = std::find_if(kMonths.begin(), kMonths.end(), [&](std::string_view name) {
    return text::iequals(name, month);
  });
  if (!day || found == kMonths.end()) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month(static_cast<unsigned>(found - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<Duration> retry_after_of(const http::Fields& fields, std::optional<int64_t> date) {
  const http::Field* field = http::find(fields, http::FieldName::kRetryAfter);
  if (field == nullptr) return std::nullopt;
  std::optional<int64_t> wait = parse_number(field->value);
  if (!wait) {
    const std::optional<int64_t> until = parse_http_date(field->value);
    if (until && date) wait = *until - *date;
  }
  if (!wait || *wait < 0) return std::nullopt;
  return std::chrono::seconds(std::min(*wait, kMost));
}

}  // namespace

std::optional<int64_t> parse_http_date(std::string_view text) {
  // Positions are fixed: Sun, 06 Nov 1994 08:49:37 GMT
  if (text.size() != 29 || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto year = text::parse_unsigned(text.substr(12, 4));
  const auto hour = text::parse_unsigned(text.substr(17, 2));
  const auto minute = text::parse_unsigned(text.substr(20, 2));
  const auto second = text::parse_unsigned(text.substr(23, 2));
  if (!year || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const auto day = day_of(text.substr(5, 2), text.substr(8, 3), static_cast<int64_t>(*year));
  if (!day) return std::nullopt;
  return *day * 86400 + static_cast<int64_t>(*hour * 3600 + *minute * 60 + *second);
}

LimitHeaders read_limit_headers(const http::Fields& fields) {
  LimitHeaders headers;
  for (const http::Field& field : fields) {
    if (field.id == http::FieldName::kXSentryRateLimit)
      take(headers, field.name.substr(http::kXSentryRateLimitPrefix.size()), field.value);
  }
  tidy_count(headers.limit);
  tidy_count(headers.concurrent_limit);
  if (headers.remaining) headers.remaining = std::clamp<int64_t>(*headers.remaining, 0, kMost);
  if (headers.reset && (*headers.reset <= 0 || *headers.reset > kLastReset)) headers.reset.reset();
  if (const http::Field* date = http::find(fields, http::FieldName::kDate))
    headers.date = parse_http_date(date->value);
  headers.retry_after = retry_after_of(fields, headers.date);
  return headers;
}

}  // namespace postern::limits
