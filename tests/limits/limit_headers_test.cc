// Each row is a field as it came and what is made of it.
#include "limits/limit_headers.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "builders.h"

namespace postern::limits {
namespace {

using test::fields;

TEST(LimitHeaders, ReadsAllFive) {
  const LimitHeaders headers =
      read_limit_headers(fields({{"X-Sentry-Rate-Limit-Limit", "40"},
                                 {"X-Sentry-Rate-Limit-Remaining", "39"},
                                 {"X-Sentry-Rate-Limit-Reset", "1700000001"},
                                 {"X-Sentry-Rate-Limit-ConcurrentLimit", "25"},
                                 {"X-Sentry-Rate-Limit-ConcurrentRemaining", "24"},
                                 {"Date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                                 {"Retry-After", "7"}}));
  EXPECT_TRUE(headers.has_window());
  EXPECT_EQ(headers.limit, 40);
  EXPECT_EQ(headers.remaining, 39);
  EXPECT_EQ(headers.reset, 1700000001);
  EXPECT_EQ(headers.concurrent_limit, 25);
  EXPECT_EQ(headers.concurrent_remaining, 24);
  EXPECT_EQ(headers.date, 1700000000);
  EXPECT_EQ(headers.retry_after, std::chrono::seconds(7));
}

TEST(LimitHeaders, NamesComeInAnyCase) {
  const LimitHeaders headers =
      read_limit_headers(fields({{"x-sentry-rate-limit-limit", "40"},
                                 {"X-SENTRY-RATE-LIMIT-REMAINING", "3"},
                                 {"x-Sentry-rAte-limit-resEt", "1700000001"}}));
  EXPECT_TRUE(headers.has_window());
}

TEST(LimitHeaders, NothingIsKnownFromNothing) {
  const LimitHeaders headers = read_limit_headers({});
  EXPECT_FALSE(headers.has_window());
  EXPECT_FALSE(headers.concurrent_limit || headers.concurrent_remaining || headers.date);
  EXPECT_FALSE(headers.retry_after.has_value());
}

struct Row {
  std::string_view value;
  std::optional<int64_t> limit;
  std::optional<int64_t> remaining;
  std::optional<int64_t> reset;
};

TEST(LimitHeaders, OddNumbersAreUnknownOrBounded) {
  const std::vector<Row> rows = {
      {"None", {}, {}, {}},
      {"", {}, {}, {}},
      {"forty", {}, {}, {}},
      {"4 0", {}, {}, {}},
      {"0x28", {}, {}, {}},
      {"40.5", {}, {}, {}},
      {"--1", {}, {}, {}},
      {"0", 0, 0, {}},
      {"+40", 40, 40, 40},
      {" 40 ", 40, 40, 40},
      {"40, 41", 40, 40, 40},
      {"-1", {}, 0, {}},
      {"99999999999", 1'000'000'000, 1'000'000'000, 99'999'999'999},
      {"100000000001", 1'000'000'000, 1'000'000'000, {}},
      {"18446744073709551615", 1'000'000'000, 1'000'000'000, {}},
      {"99999999999999999999999", {}, {}, {}},
  };
  for (const Row& row : rows) {
    const LimitHeaders headers =
        read_limit_headers(fields({{"X-Sentry-Rate-Limit-Limit", row.value},
                                   {"X-Sentry-Rate-Limit-Remaining", row.value},
                                   {"X-Sentry-Rate-Limit-Reset", row.value}}));
    EXPECT_EQ(headers.limit, row.limit) << row.value;
    EXPECT_EQ(headers.remaining, row.remaining) << row.value;
    EXPECT_EQ(headers.reset, row.reset) << row.value;
  }
}

TEST(LimitHeaders, ConcurrentRemainingMayBeNegative) {
  const LimitHeaders headers =
      read_limit_headers(fields({{"X-Sentry-Rate-Limit-ConcurrentRemaining", "-2"}}));
  EXPECT_EQ(headers.concurrent_remaining, -2);
}

TEST(LimitHeaders, ARepeatedFieldCountsByItsFirstNumber) {
  const LimitHeaders headers = read_limit_headers(
      fields({{"X-Sentry-Rate-Limit-Limit", "None"}, {"X-Sentry-Rate-Limit-Limit", "40"}}));
  EXPECT_EQ(headers.limit, 40);
}

TEST(LimitHeaders, RetryAfterMayBeADate) {
  const LimitHeaders headers =
      read_limit_headers(fields({{"Date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                                 {"Retry-After", "Tue, 14 Nov 2023 22:13:50 GMT"}}));
  EXPECT_EQ(headers.retry_after, std::chrono::seconds(30));
}

TEST(LimitHeaders, RetryAfterInThePastOrWithoutDateIsUnknown) {
  EXPECT_FALSE(read_limit_headers(fields({{"Retry-After", "Tue, 14 Nov 2023 22:13:50 GMT"}}))
                   .retry_after.has_value());
  EXPECT_FALSE(read_limit_headers(fields({{"Retry-After", "-5"}})).retry_after.has_value());
}

TEST(HttpDate, KnowsLeapDaysAndRefusesNonsense) {
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800);
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  for (const std::string_view text :
       {"Wed, 29 Feb 2023 00:00:00 GMT", "Thu, 29 Foo 2024 00:00:00 GMT",
        "Thu, 29 Feb 2024 24:00:00 GMT", "Thu, 29 Feb 2024 00:61:00 GMT",
        "Thu, 29 Feb 2024 00:00:00 CET", "2024-02-29T00:00:00Z", ""})
    EXPECT_FALSE(parse_http_date(text).has_value()) << text;
}

}  // namespace
}  // namespace postern::limits
