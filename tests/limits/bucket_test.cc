// A bucket against a limiter played by hand: limit 40 in windows of one second, 25 slots, the
// limiter's clock exactly kOffset ahead, calls answered after 20 ms.
#include "limits/bucket.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "builders.h"

namespace postern::limits {
namespace {

constexpr int64_t kOffset = 1'700'000'000;

struct Fixture {
  Phase phase;
  Bucket bucket;
  CallId ids = 0;
  int64_t limit = 40;
  std::map<int64_t, int64_t> counts;  // by Reset

  explicit Fixture(BucketOptions options = {}) : bucket(options, phase) {}

  static int64_t reset_at(Seconds now) {
    return static_cast<int64_t>(std::floor(now)) + kOffset + 1;
  }
  CallId go(Seconds now) {
    bucket.reserve(++ids, 0, now);
    bucket.sent(ids, now);
    return ids;
  }
  Answer place(Seconds now) {
    const int64_t reset = reset_at(now);
    const int64_t rank = ++counts[reset];
    return rank > limit ? window_reject(reset)
                        : with_slots(test::served(limit, rank, reset), 25, 24);
  }
  Answer window_reject(int64_t reset) const { return test::window_429(limit, reset); }
  static Answer with_slots(Answer answer, int64_t all, int64_t left) {
    return test::with_slots(std::move(answer), all, left);
  }
  // Sends and gets the answer; the call's kind tells what became of it.
  AnswerKind call(Seconds now) {
    const CallId id = go(now);
    const Answer answer = place(now + 0.01);
    bucket.answered(id, answer, now + 0.02);
    return answer.kind;
  }
  // A call every 0.1 s, so that everything is known by `to`.
  void learn(Seconds from, Seconds to) {
    for (Seconds now = from; now < to; now += 0.0977) call(now);
  }
  // Another party takes `calls` early in each window, and we what may go after that.
  void share(int64_t calls, int from, int to) {
    for (int second = from; second < to; ++second) {
      counts[reset_at(second)] += calls;
      fill(second + 0.02, second + 1);
    }
  }
  // Sends whatever may go from `from` to `to`; returns how many.
  int fill(Seconds from, Seconds to) {
    int sent = 0;
    for (Seconds now = from; now < to; now += 0.002) {
      if (!bucket.decide(now).go()) continue;
      call(now);
      ++sent;
    }
    return sent;
  }
};

TEST(Bucket, FiveGoBeforeTheFirstAnswer) {
  Fixture f;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(f.bucket.decide(10).go());
    f.go(10);
  }
  EXPECT_EQ(f.bucket.decide(10).blocker, Blocker::kFirstAnswer);
  EXPECT_FALSE(f.bucket.decide(10).until.has_value());
}

TEST(Bucket, AnAnswerWithoutFieldsMeansNoLimiter) {
  Fixture f;
  f.bucket.answered(f.go(10), Answer{}, 10.02);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(f.bucket.decide(10.1).go());
    f.go(10.1);
  }
}

TEST(Bucket, OwnBoundOfCallsInFlightHoldsWithoutALimiter) {
  BucketOptions options;
  options.most_in_flight = 7;
  Fixture f(options);
  f.bucket.answered(f.go(10), Answer{}, 10.02);
  for (int i = 0; i < 7; ++i) f.go(10.1);
  EXPECT_EQ(f.bucket.decide(10.1).blocker, Blocker::kInFlight);
}

TEST(Bucket, UsesAWholeWindowAndNotOneMore) {
  Fixture f;
  f.learn(100, 105);
  const int sent = f.fill(106, 107);
  EXPECT_GE(sent, 39);
  for (const auto& [reset, count] : f.counts) EXPECT_LE(count, 40) << reset;
}

TEST(Bucket, HalfGoesAtOnceAndThenItIsPaced) {
  Fixture f;
  f.learn(100, 105);
  int at_once = 0;
  while (f.bucket.decide(106.2).go() && at_once < 100) {
    f.call(106.2);
    ++at_once;
  }
  // 0.2 of the window have gone: 20 and a quarter of the other 20.
  EXPECT_NEAR(at_once, 25, 2);
  const Decision decision = f.bucket.decide(106.2);
  EXPECT_EQ(decision.blocker, Blocker::kPace);
  ASSERT_TRUE(decision.until.has_value());
  EXPECT_TRUE(f.bucket.decide(*decision.until + 0.001).go());
}

TEST(Bucket, AUsedBudgetWaitsForTheNextWindow) {
  Fixture f;
  f.learn(100, 105);
  f.fill(106, 106.95);
  const Decision decision = f.bucket.decide(106.9);
  EXPECT_EQ(decision.blocker, Blocker::kBudget);
  EXPECT_NEAR(decision.until.value(), 107, 0.2);
}

TEST(Bucket, UnansweredCallsAreReserved) {
  Fixture f;
  f.learn(100, 105);
  for (int i = 0; i < 22; ++i) f.go(106.3);
  EXPECT_EQ(f.bucket.decide(106.3).blocker, Blocker::kNone);
  int more = 0;
  while (f.bucket.decide(106.3).go()) {
    f.go(106.3);
    ++more;
  }
  EXPECT_LE(more, 3);  // 25 slots
  EXPECT_EQ(f.bucket.decide(106.3).blocker, Blocker::kInFlight);
}

TEST(Bucket, WhatIsGivenBackMayBeUsedAgain) {
  Fixture f;
  f.learn(100, 105);
  for (int i = 0; i < 25; ++i) f.go(106.5);
  ASSERT_FALSE(f.bucket.decide(106.5).go());
  f.bucket.give_back(f.ids);
  EXPECT_TRUE(f.bucket.decide(106.5).go());
}

TEST(Bucket, WhatIsLostStaysCharged) {
  Fixture f;
  f.learn(100, 105);
  for (int i = 0; i < 40; ++i) f.bucket.lost(f.go(106.5), 106.5);
  EXPECT_EQ(f.bucket.decide(106.6).blocker, Blocker::kBudget);
  EXPECT_TRUE(f.bucket.decide(108.1).go());
}

// The request of a lost call may come again under the same number.
TEST(Bucket, ALostCallAndItsSuccessorAreTwo) {
  Fixture f;
  f.learn(100, 105);
  const CallId id = f.go(106.1);
  f.bucket.answered(id, test::turned_away(AnswerKind::kGateway), 106.12);
  f.bucket.reserve(id, 0, 106.5);
  f.bucket.sent(id, 106.5);
  EXPECT_EQ(f.bucket.status(106.5).in_flight, 1);
  f.bucket.answered(id, f.place(106.51), 106.52);
  EXPECT_EQ(f.bucket.status(106.6).in_flight, 0);
}

TEST(Bucket, CallsWhoseAnswersWereLostAreNotTakenForOthers) {
  Fixture f;
  f.learn(100, 105);
  for (int second = 105; second < 115; ++second) {
    for (int i = 0; i < 8; ++i) {
      const Seconds now = second + 0.1 + 0.1 * i;
      const CallId id = f.go(now);
      f.place(now + 0.01);  // it was counted, and its connection broke
      f.bucket.lost(id, now + 0.02);
      f.call(now + 0.05);
    }
  }
  EXPECT_LT(f.bucket.status(115).foreign, 1);
}

TEST(Bucket, OthersWhoTookNearlyAllAreForgottenSoonAfterTheyHaveGone) {
  Fixture f;
  f.learn(100, 105);
  f.share(39, 105, 125);
  f.fill(125, 131);
  EXPECT_GT(f.fill(131, 132), 30);
}

TEST(Bucket, OthersWhoTookMoreThanTheLimitOfNowAreForgottenSoon) {
  Fixture f;
  f.learn(100, 105);
  f.share(30, 105, 125);
  f.limit = 20;
  f.fill(125, 132);
  EXPECT_GT(f.fill(132, 133), 15);
}

TEST(Bucket, OthersCallsAreYieldedTo) {
  Fixture f;
  f.learn(100, 105);
  f.share(10, 105, 125);
  EXPECT_NEAR(f.bucket.status(125).foreign, 10, 3);
  f.counts[Fixture::reset_at(125)] += 10;
  EXPECT_NEAR(f.fill(125.02, 126), 30, 3);
}

TEST(Bucket, AReserveIsLeftOnceOthersWereSeen) {
  BucketOptions options;
  options.reserve = 0.25;
  Fixture f(options);
  f.learn(100, 105);
  EXPECT_GE(f.fill(106, 107), 39);
  f.share(4, 107, 110);
  f.fill(110.02, 115);
  EXPECT_LE(f.fill(116.02, 117), 30);
}

TEST(Bucket, AnEarlierLimitThatArrivesLateIsNotTheNewest) {
  Fixture f;
  f.learn(100, 105);
  const CallId early = f.go(106.1);
  const CallId late = f.go(106.2);
  f.bucket.answered(late, test::served(10, 1, Fixture::reset_at(106.2)), 106.3);
  f.bucket.answered(early, test::served(40, 1, Fixture::reset_at(106.1)), 106.4);
  EXPECT_EQ(f.bucket.limit(), 10);
}

TEST(Bucket, ALoweredLimitHoldsFromItsFirstAnswerOn) {
  Fixture f;
  f.learn(100, 105);
  f.limit = 10;
  f.fill(106, 107);
  f.counts.clear();
  const int sent = f.fill(108, 109);
  EXPECT_LE(sent, 10);
  EXPECT_GE(sent, 9);
}

TEST(Bucket, ConcurrencyRejectionsLowerTheCapOnly) {
  Fixture f;
  f.learn(100, 105);
  Answer rejected = test::with_slots(test::served(40, 3, Fixture::reset_at(106)), 25, 0);
  rejected.status = 429;
  rejected.kind = AnswerKind::kConcurrency;
  for (int i = 0; i < 19; ++i) f.go(106.1);
  f.bucket.answered(f.go(106.1), rejected, 106.12);
  EXPECT_EQ(f.bucket.status(106.2).in_flight_allowed, 18);
  EXPECT_EQ(f.bucket.limit(), 40);
}

TEST(Bucket, SearchAndGatewayRejectionsTeachItNothing) {
  Fixture f;
  f.learn(100, 105);
  for (int i = 0; i < 50; ++i) {
    const AnswerKind kind = i % 2 == 0 ? AnswerKind::kSearch : AnswerKind::kGateway;
    Answer answer = i % 2 == 0 ? f.place(106) : Answer{};
    answer.status = 429;
    answer.kind = kind;
    if (!answer.headers.has_window() || *answer.headers.remaining > 0)
      f.bucket.answered(f.go(106), answer, 106.02);
  }
  EXPECT_EQ(f.bucket.limit(), 40);
  EXPECT_EQ(f.bucket.status(107).learned_rate, 0);
  EXPECT_GE(f.fill(109, 110), 39);
}

TEST(Bucket, RejectionsWithoutFieldsTeachARate) {
  Fixture f;
  f.bucket.answered(f.go(10), Answer{}, 10.02);
  for (int i = 0; i < 60; ++i) f.go(10.1 + 0.01 * i);
  f.bucket.answered(f.go(10.8), test::turned_away(AnswerKind::kUnknown), 10.82);
  EXPECT_GT(f.bucket.status(11).learned_rate, 0);
  EXPECT_EQ(f.bucket.decide(10.83).blocker, Blocker::kRate);
}

TEST(Bucket, ALimiterThatGoesSilentIsForgotten) {
  Fixture f;
  f.learn(100, 105);
  for (int i = 0; i < 20; ++i) f.bucket.answered(f.go(106 + i), Answer{}, 106.02 + i);
  EXPECT_FALSE(f.bucket.limit().has_value());
}

TEST(Bucket, APhaseInDoubtEntersWindowsWithFiveCalls) {
  Fixture f;
  for (const Seconds now : {100.2, 100.95, 101.05, 101.9, 101.99}) f.call(now);
  ASSERT_LT(f.phase.confidence(), 2);
  // The moment at which every call surely lands in the next window.
  const Seconds begin = static_cast<Seconds>(kOffset + 103) - f.phase.lo() + 0.001;
  int sent = 0;
  for (; f.bucket.decide(begin).go() && sent < 100; ++sent) f.go(begin);
  EXPECT_EQ(sent, 5);
}

TEST(Bucket, TheOutlookAgreesWithWhatHappens) {
  Fixture f;
  f.learn(100, 105);
  f.fill(105.5, 106.3);
  const Seconds expected = forecast(f.bucket.outlook(106.3), 60);
  int sent = 0;
  Seconds now = 106.3;
  for (; sent < 60; now += 0.002) {
    if (!f.bucket.decide(now).go()) continue;
    f.call(now);
    ++sent;
  }
  EXPECT_NEAR(now - 106.3, expected, 0.3);
}

TEST(Bucket, AWindowOfAMinuteIsUsedOnce) {
  Fixture f;
  f.limit = 150;
  int served = 0;
  int rejected = 0;
  const auto reset_at = [](Seconds now) {
    return (static_cast<int64_t>(std::floor(now)) + kOffset) / 60 * 60 + 60;
  };
  for (Seconds now = 100; now < 400; now += 0.05) {
    if (!f.bucket.decide(now).go()) continue;
    const int64_t reset = reset_at(now + 0.01);
    const CallId id = f.go(now);
    const int64_t rank = ++f.counts[reset];
    Answer answer = rank > 150 ? test::window_429(150, reset) : test::served(150, rank, reset);
    answer.headers.date = static_cast<int64_t>(now) + kOffset;
    f.bucket.answered(id, answer, now + 0.02);
    ++(rank > 150 ? rejected : served);
  }
  EXPECT_GE(served, 4 * 150);
  EXPECT_LE(rejected, 2);
}

}  // namespace
}  // namespace postern::limits
