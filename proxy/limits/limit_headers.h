// What an answer says about limits: the five fields of Sentry's limiter, Date and Retry-After.
//
// Lenient on purpose: a field that is absent, says `None`, or makes no sense is simply not known;
// nothing here fails. Whether the numbers agree with each other is for the bucket to judge.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/field.h"

namespace postern::limits {

struct LimitHeaders {
  std::optional<int64_t> limit;                 // requests per window, 0 and up
  std::optional<int64_t> remaining;             // 0 and up
  std::optional<int64_t> reset;                 // end of the window, epoch seconds of the limiter
  std::optional<int64_t> concurrent_limit;      // 0 and up
  std::optional<int64_t> concurrent_remaining;  // this call counted; may be negative
  std::optional<int64_t> date;                  // epoch seconds, of whoever wrote the answer
  std::optional<Duration> retry_after;

  bool has_window() const { return limit && remaining && reset; }
};

LimitHeaders read_limit_headers(const http::Fields& fields);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7, the preferred form only) → epoch seconds.
std::optional<int64_t> parse_http_date(std::string_view text);

}  // namespace postern::limits
