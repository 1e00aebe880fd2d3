// What an answer means for admission: served, or one of the several kinds of 429.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/field.h"
#include "limits/limit_headers.h"

namespace postern::limits {

enum class AnswerKind : uint8_t {
  kServed,       // whatever the status: no limiter turned it away
  kWindow,       // 429: too many in this window
  kConcurrency,  // 429: too many at the same time
  kSearch,       // 429 behind the limiter: this query is too much; the bucket is not touched
  kGateway,      // 429, 500, 502 or 503 of the API gateway: overload; the bucket is not touched
  kUnknown,      // 429 without fields or words that explain it
};
std::string_view to_string(AnswerKind kind);

struct Answer {
  int status = 200;
  AnswerKind kind = AnswerKind::kServed;
  LimitHeaders headers;
  std::optional<int64_t> window;  // seconds, from the words of a window 429
};

// `body_start` is what has been held back of the body of a 429 or 5xx, decoded; it may be empty or
// cut. Words beat numbers, because a search 429 may carry the Remaining 0 of the last call allowed.
Answer read_answer(int status, const http::Fields& fields, std::string_view body_start);

}  // namespace postern::limits
