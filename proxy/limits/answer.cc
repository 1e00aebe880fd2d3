#include "limits/answer.h"

#include "base/text.h"

namespace postern::limits {
namespace {

bool has(std::string_view body, std::string_view words) {
  return body.find(words) != std::string_view::npos;
}

bool is_gateway(std::string_view body) {
  return has(body, "\"apigateway\"");
}

AnswerKind kind_of_429(const LimitHeaders& headers, std::string_view body) {
  if (has(body, "too frequently")) return AnswerKind::kWindow;
  if (has(body, "allowed concurrency")) return AnswerKind::kConcurrency;
  if (is_gateway(body)) return AnswerKind::kGateway;
  if (has(body, "smaller date range")) return AnswerKind::kSearch;
  if (headers.concurrent_remaining && *headers.concurrent_remaining <= 0)
    return AnswerKind::kConcurrency;
  if (!headers.remaining) return AnswerKind::kUnknown;
  return *headers.remaining == 0 ? AnswerKind::kWindow : AnswerKind::kSearch;
}

// One answer alone must not close a bucket for a day.
constexpr uint64_t kLongestWindow = 3600;

// "… Limit is 40 requests in 60 seconds" → 60
std::optional<int64_t> window_of(std::string_view body) {
  constexpr std::string_view kBefore = " requests in ";
  const size_t at = body.find(kBefore);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = body.substr(at + kBefore.size());
  const size_t end = rest.find(" second");
  if (end == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> length = text::parse_unsigned(rest.substr(0, end));
  if (!length || *length == 0 || *length > kLongestWindow) return std::nullopt;
  return static_cast<int64_t>(*length);
}

}  // namespace

std::string_view to_string(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kServed:
      return "served";
    case AnswerKind::kWindow:
      return "window";
    case AnswerKind::kConcurrency:
      return "concurrency";
    case AnswerKind::kSearch:
      return "search";
    case AnswerKind::kGateway:
      return "gateway";
    case AnswerKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

Answer read_answer(int status, const http::Fields& fields, std::string_view body_start) {
  Answer answer;
  answer.status = status;
  answer.headers = read_limit_headers(fields);
  if (status == 429) {
    answer.kind = kind_of_429(answer.headers, body_start);
    if (answer.kind == AnswerKind::kWindow) answer.window = window_of(body_start);
  } else if ((status == 500 || status == 502 || status == 503) && is_gateway(body_start)) {
    answer.kind = AnswerKind::kGateway;
  }
  return answer;
}

}  // namespace postern::limits
