#include "limits/retry_policy.h"

#include <gtest/gtest.h>

#include "builders.h"

namespace postern::limits {
namespace {

using test::turned_away;

struct Fixture {
  RetryPolicy policy{Options{}};
  Jitter jitter{1};
  std::optional<Pause> ask(const Answer& answer, const Setback& setback = {}) {
    return policy.pause(answer, setback, jitter);
  }
};

Setback after(int tries) {
  Setback setback;
  setback.tries = tries;
  return setback;
}

TEST(RetryPolicy, ServedAnswersArePassedOn) {
  Fixture f;
  EXPECT_FALSE(f.ask(turned_away(AnswerKind::kServed, 500)).has_value());
}

TEST(RetryPolicy, TheBucketsOwnRejectionsCostOnlyPatience) {
  Fixture f;
  for (int i = 0; i < 100; ++i) {
    const auto pause = f.ask(turned_away(AnswerKind::kWindow));
    ASSERT_TRUE(pause.has_value());
    EXPECT_EQ(pause->seconds, 0);
    EXPECT_FALSE(pause->counts);
  }
}

TEST(RetryPolicy, ConcurrencyWaitsAMoment) {
  Fixture f;
  for (int i = 0; i < 100; ++i) {
    const auto pause = f.ask(turned_away(AnswerKind::kConcurrency));
    ASSERT_TRUE(pause.has_value());
    EXPECT_GE(pause->seconds, 0.019);
    EXPECT_LE(pause->seconds, 0.11);
  }
}

TEST(RetryPolicy, WhereOthersHoldAllSlotsThePausesGrowToASecondAndAHalf) {
  Fixture f;
  Seconds total = 0;
  int calls = 0;
  while (total < 20) {
    Setback setback;
    setback.calls = ++calls;
    total += f.ask(turned_away(AnswerKind::kConcurrency), setback)->seconds;
  }
  EXPECT_LE(calls, 25);
}

TEST(RetryPolicy, SearchesBackOffWithGrowingPausesAndThenGiveUp) {
  Fixture f;
  const auto first = f.ask(turned_away(AnswerKind::kSearch), after(0));
  const auto second = f.ask(turned_away(AnswerKind::kSearch), after(1));
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->counts);
  EXPECT_GE(first->seconds, 0.18);
  EXPECT_LE(first->seconds, 0.32);
  EXPECT_GT(second->seconds, first->seconds);
  EXPECT_FALSE(f.ask(turned_away(AnswerKind::kSearch), after(2)).has_value());
}

TEST(RetryPolicy, RetryAfterIsHonoured) {
  Fixture f;
  Answer answer = turned_away(AnswerKind::kSearch);
  answer.headers.retry_after = std::chrono::seconds(7);
  EXPECT_EQ(f.ask(answer)->seconds, 7);
}

TEST(RetryPolicy, RetryAfterIsTheLeastWaitWhereTheLimiterTellsNoNumbers) {
  Fixture f;
  for (const AnswerKind kind :
       {AnswerKind::kUnknown, AnswerKind::kWindow, AnswerKind::kConcurrency}) {
    Answer answer = turned_away(kind);
    answer.headers = {};
    answer.headers.retry_after = std::chrono::seconds(7);
    EXPECT_EQ(f.ask(answer)->seconds, 7) << to_string(kind);
    EXPECT_FALSE(f.ask(answer)->counts);
    answer.headers.limit = answer.headers.remaining = answer.headers.reset = 1;
    EXPECT_LT(f.ask(answer)->seconds, 1) << to_string(kind) << ": its Reset is more exact";
  }
}

TEST(RetryPolicy, AGatewaysFiveHundredIsTriedOnlyIfThatIsHarmless) {
  Fixture f;
  EXPECT_FALSE(f.ask(turned_away(AnswerKind::kGateway, 502)).has_value());
  Setback harmless;
  harmless.idempotent = true;
  EXPECT_TRUE(f.ask(turned_away(AnswerKind::kGateway, 502), harmless).has_value());
  EXPECT_TRUE(f.ask(turned_away(AnswerKind::kGateway, 429)).has_value());
}

TEST(RetryPolicy, ABareRejectionIsTheLimitersWhereNoLimitIsKnown) {
  Fixture f;
  EXPECT_FALSE(f.ask(turned_away(AnswerKind::kUnknown))->counts);
  Setback known;
  known.has_limit = true;
  EXPECT_TRUE(f.ask(turned_away(AnswerKind::kUnknown), known)->counts);
}

TEST(RetryPolicy, ExtraCallsStayBelowATenthOfAllCalls) {
  Fixture f;
  int extra = 0;
  for (int i = 0; i < 1000; ++i) {
    f.policy.on_request();
    if (f.ask(turned_away(AnswerKind::kSearch))) ++extra;
  }
  EXPECT_GE(extra, 95);
  EXPECT_LE(extra, 103);
}

TEST(RetryPolicy, ABudgetOfNothingRetriesNothing) {
  Options options;
  options.retry_budget = 0;
  RetryPolicy policy(options);
  Jitter jitter(1);
  policy.on_request();
  EXPECT_FALSE(policy.pause(turned_away(AnswerKind::kSearch), {}, jitter).has_value());
}

}  // namespace
}  // namespace postern::limits
