// Each row is an answer as Sentry, its gateway or someone in front gives it, and what it means.
#include "limits/answer.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "builders.h"

namespace postern::limits {
namespace {

using test::fields;

struct Row {
  int status;
  std::string_view remaining;
  std::string_view slots;  // ConcurrentRemaining
  std::string_view body;
  AnswerKind kind;
};

constexpr std::string_view kWindowWords =
    R"({"detail":"You are attempting to use this endpoint too frequently. Limit is 40 requests in 1 seconds"})";
constexpr std::string_view kBareWords =
    R"("You are attempting to use this endpoint too frequently. Limit is 150 requests in 60 seconds")";
constexpr std::string_view kSlotWords =
    R"({"detail":"You are attempting to go above the allowed concurrency for this endpoint. Concurrency limit is 25"})";
constexpr std::string_view kSearchWords =
    R"({"detail":"Rate limit exceeded. Please try your query with a smaller date range or fewer projects."})";
constexpr std::string_view kGatewayWords = R"({"error":"apigateway","detail":"Too many requests"})";

TEST(Answer, KindsAreToldApart) {
  const std::vector<Row> rows = {
      {200, "3", "2", "", AnswerKind::kServed},
      {404, "0", "0", "", AnswerKind::kServed},
      {500, "3", "2", "{}", AnswerKind::kServed},
      {429, "0", "", kWindowWords, AnswerKind::kWindow},
      {429, "", "", kBareWords, AnswerKind::kWindow},
      {429, "0", "", "", AnswerKind::kWindow},
      {429, "0", "None", "", AnswerKind::kWindow},
      {429, "12", "0", kSlotWords, AnswerKind::kConcurrency},
      {429, "12", "", kSlotWords, AnswerKind::kConcurrency},
      {429, "12", "-1", "", AnswerKind::kConcurrency},
      {429, "0", "0", "", AnswerKind::kConcurrency},
      {429, "12", "3", kSearchWords, AnswerKind::kSearch},
      {429, "0", "3", kSearchWords, AnswerKind::kSearch},
      {429, "12", "3", "", AnswerKind::kSearch},
      {429, "", "", kGatewayWords, AnswerKind::kGateway},
      {429, "", "", "<html>slow down</html>", AnswerKind::kUnknown},
      {502, "", "", kGatewayWords, AnswerKind::kGateway},
      {503, "", "", kGatewayWords, AnswerKind::kGateway},
      {500, "", "", kGatewayWords, AnswerKind::kGateway},
      {404, "", "", kGatewayWords, AnswerKind::kServed},
  };
  for (const Row& row : rows) {
    const Answer answer =
        read_answer(row.status,
                    fields({{"X-Sentry-Rate-Limit-Remaining", row.remaining},
                            {"X-Sentry-Rate-Limit-ConcurrentRemaining", row.slots}}),
                    row.body);
    EXPECT_EQ(to_string(answer.kind), to_string(row.kind))
        << row.status << " " << row.remaining << " " << row.slots << " " << row.body;
  }
}

TEST(Answer, TheWordsTellTheWindow) {
  EXPECT_EQ(read_answer(429, {}, kWindowWords).window, 1);
  EXPECT_EQ(read_answer(429, {}, kBareWords).window, 60);
  EXPECT_FALSE(read_answer(200, {}, kBareWords).window.has_value());
}

TEST(Answer, OddWordsTellNoWindow) {
  for (const std::string_view body :
       {"too frequently. Limit is 4 requests in 0 seconds", "too frequently in 5 seconds",
        "too frequently. Limit is 4 requests in -5 seconds",
        "too frequently requests in 99999999 s",
        "too frequently. Limit is 4 requests in 99999999 seconds", "too frequently requests in "})
    EXPECT_FALSE(read_answer(429, {}, body).window.has_value()) << body;
}

}  // namespace
}  // namespace postern::limits
