#include "limits/governor.h"

#include <gtest/gtest.h>

#include <string>

#include "driver.h"

namespace postern::limits {
namespace {

using test::Driver;
using test::request;
using test::Sentry;

TEST(Governor, FiveHundredAtOnceAreAllServedWithoutARejection) {
  Sentry sentry;
  Driver driver(sentry);
  for (int i = 0; i < 500; ++i) driver.ask("client" + std::to_string(i % 50));
  driver.run(1014);
  EXPECT_EQ(driver.served, 500);
  EXPECT_EQ(driver.sent, 500);
}

TEST(Governor, WithoutALimiterNothingWaits) {
  Driver driver;
  driver.always_answer(200);
  driver.ask("a");
  driver.run(1001);
  for (int i = 0; i < 200; ++i) driver.ask("a");
  EXPECT_EQ(driver.sent, 201);
}

TEST(Governor, BoundsMayBecomeNarrowerWhileRequestsWait) {
  Options options;
  options.max_in_flight = 1;
  Driver driver(options);
  driver.always_answer(200);
  for (int i = 0; i < 10; ++i) driver.ask("a");
  options.max_queue = 5;
  driver.governor.set_options(options, instant(driver.now));
  driver.ask("a");
  ASSERT_EQ(driver.refused.size(), 1U) << "there is no room for another one";
  EXPECT_EQ(driver.refused[0].second.reason, Reason::kQueueFull);
  driver.run(driver.now + 2);
  EXPECT_EQ(driver.served, 10) << "who waited is served";
}

TEST(Governor, BoundsMayBecomeWiderWhileRequestsWait) {
  Options options;
  options.max_in_flight = 1;
  Driver driver(options);
  driver.always_answer(200);
  driver.ask("a");
  driver.run(driver.now + 1);  // so that it is known to answer
  for (int i = 0; i < 10; ++i) driver.ask("a");
  EXPECT_EQ(driver.sent, 2);
  options.max_in_flight = 100;
  driver.governor.set_options(options, instant(driver.now));
  driver.run(driver.now + 0.01);
  EXPECT_EQ(driver.sent, 11);
}

TEST(Governor, WhatCannotBeServedInTimeIsRefusedAtOnceWithAnHonestTime) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 400; ++i) driver.ask("a");
  ASSERT_TRUE(driver.refused.empty());
  const Seconds now = driver.now;
  driver.ask(request("a", now, 2));
  ASSERT_EQ(driver.refused.size(), 1U);
  EXPECT_EQ(driver.refused[0].second.reason, Reason::kRateLimited);
  // 400 in line take ten seconds; asked again two seconds before that, it would be in time.
  EXPECT_NEAR(seconds(driver.refused[0].second.retry_after), 8, 1);
  driver.run(now + seconds(driver.refused[0].second.retry_after));
  const uint64_t again = driver.ask(request("a", driver.now, 2));
  driver.run(driver.now + 2.5);
  EXPECT_EQ(driver.refused.size(), 1U);
  EXPECT_EQ(driver.calls.count(again), 0U);
}

TEST(Governor, NobodyIsRefusedWhoWasPromisedAPlace) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 2000; ++i) driver.ask("a", 10);
  const size_t refused_at_once = driver.refused.size();
  EXPECT_GT(refused_at_once, 1500U);
  driver.run(1015);
  EXPECT_LE(driver.refused.size() - refused_at_once, 10U);
  EXPECT_GE(driver.served, 380);
}

TEST(Governor, NothingWaitsPastItsDeadline) {
  Sentry sentry;
  Driver driver(sentry);
  driver.always_answer(200);
  for (int i = 0; i < 5; ++i) driver.ask("a");
  // Five calls are out and none is ever answered: nothing is known, everything waits.
  driver.leave = [](uint64_t, const Answer&) {};
  for (auto& entry : driver.calls) entry.second.arrives.reset();
  const uint64_t waiting = driver.ask("b", 3);
  EXPECT_TRUE(driver.is_waiting(waiting));
  driver.run(1003.49);
  EXPECT_TRUE(driver.is_waiting(waiting));
  driver.run(1003.51);
  ASSERT_EQ(driver.refused.size(), 1U);
  EXPECT_EQ(driver.refused[0].first, waiting);
}

TEST(Governor, TheOwnBoundOnWaitingHoldsWhateverTheCallerAllows) {
  Options options;
  options.max_wait = std::chrono::seconds(2);
  Sentry sentry;
  Driver driver(sentry, options);
  for (int i = 0; i < 5; ++i) driver.ask("a");
  for (auto& entry : driver.calls) entry.second.arrives.reset();
  driver.ask("b", 1000);
  driver.run(1002.6);
  EXPECT_EQ(driver.refused.size(), 1U);
}

TEST(Governor, AForecastThatTurnsBadRefusesThenNotAtTheDeadline) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 600; ++i) driver.ask("a");
  ASSERT_TRUE(driver.refused.empty());
  sentry.limit = 10;
  driver.run(1006.5);
  // 480 or so are left and ten go each second: most cannot be served before 1023.5.
  EXPECT_GT(driver.refused.size(), 250U);
  EXPECT_GT(driver.governor.waiting(), 100U);
  EXPECT_GE(driver.refused[0].second.retry_after, std::chrono::seconds(1));
}

// One asks for more than all there is, two for little: those two pass it all the time.
TEST(Governor, WhoIsPassedByOthersIsRefusedAtOnceAndNotAfterAWait) {
  Sentry sentry;
  Driver driver(sentry);
  size_t refused_at_once = 0;
  for (int turn = 0; turn < 60 * 24; ++turn) {
    for (int i = 0; i < 4; ++i) {
      const size_t before = driver.refused.size();
      driver.ask("greedy");
      refused_at_once += driver.refused.size() - before;
    }
    driver.ask(turn % 2 == 0 ? "one" : "two");
    driver.run(driver.now + 1.0 / 24);
  }
  ASSERT_GT(refused_at_once, 3500U);
  EXPECT_LT(driver.refused.size() - refused_at_once, 100U);
}

TEST(Governor, UrgentRequestsGoFirst) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 100; ++i) driver.ask("a");
  Request urgent = request("a", driver.now);
  urgent.urgency = 0;
  const size_t before = driver.order.size();
  const uint64_t tag = driver.ask(urgent);
  driver.run(1005);
  EXPECT_EQ(driver.order.at(before), tag);
}

TEST(Governor, CallersShareFairly) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 300; ++i) driver.ask("greedy");
  const uint64_t light = driver.ask("light");
  driver.run(1004.6);
  EXPECT_EQ(driver.calls.count(light), 0U);
  EXPECT_GT(driver.governor.waiting(), 200U);
}

TEST(Governor, AFullBucketDelaysNoOther) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 500; ++i) driver.ask("a");
  Request other = request("a", driver.now);
  other.group = "POST";
  const int sent = driver.sent;
  driver.ask(other);
  EXPECT_EQ(driver.sent, sent + 1);
}

TEST(Governor, AVanishedCallerFreesItsPlace) {
  Options options;
  options.max_queue = 10;
  options.bucket_share = 1;
  Sentry sentry;
  Driver driver(sentry, options);
  driver.ask("a");
  driver.run(1003.5);
  uint64_t last = 0;
  while (driver.governor.waiting() < 10) last = driver.ask("a");
  driver.ask("a");
  ASSERT_EQ(driver.refused.size(), 1U);
  EXPECT_EQ(driver.refused[0].second.reason, Reason::kQueueFull);
  driver.vanish(last);
  EXPECT_TRUE(driver.is_waiting(driver.ask("a")));
}

TEST(Governor, AFullQueueTakesALightCallersRequestInsteadOfAGreedyOnes) {
  Options options;
  options.max_queue = 10;
  options.bucket_share = 1;
  Sentry sentry;
  Driver driver(sentry, options);
  driver.ask("a");
  driver.run(1003.5);
  uint64_t last = 0;
  while (driver.governor.waiting() < 10) last = driver.ask("greedy");
  EXPECT_TRUE(driver.is_waiting(driver.ask("light")));
  ASSERT_EQ(driver.refused.size(), 1U);
  EXPECT_EQ(driver.refused[0].first, last);
}

TEST(Governor, AWindowRejectionGoesToTheFrontWithItsDeadlineKept) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.3);
  int rejections = 0;
  const uint64_t victim = driver.tags + 1;
  driver.upstream = [&](uint64_t tag, Seconds now) {
    if (tag == victim && rejections++ < 1)
      return test::window_429(40, static_cast<int64_t>(now) + Sentry::kAhead + 1);
    return sentry.arrive(now);
  };
  driver.ask("a", 5);
  for (int i = 0; i < 100; ++i) driver.ask("a", 10);
  driver.run(1004.5);
  EXPECT_EQ(rejections, 2);
  EXPECT_EQ(driver.calls.count(victim), 0U);
  EXPECT_EQ(driver.passed_on, 0);
}

TEST(Governor, ABodyThatCannotBeSentAgainGetsTheRejectionAndATime) {
  Governor governor({});
  Request streamed = request("a", 10);
  streamed.replayable = false;
  auto admission = governor.admit(streamed, instant(10));
  Permit& permit = std::get<Permit>(admission);
  permit.on_sent(instant(10));
  const Verdict verdict = permit.on_answer(test::window_429(40, 1'700'000'011), instant(10.1));
  EXPECT_FALSE(verdict.again.has_value());
  ASSERT_TRUE(verdict.retry_after.has_value());
  EXPECT_GE(*verdict.retry_after, std::chrono::seconds(1));
}

TEST(Governor, SearchRejectionsBackOffAndLeaveOtherQueriesAlone) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.3);
  const uint64_t heavy = driver.tags + 1;
  driver.upstream = [&](uint64_t tag, Seconds now) {
    Answer answer = sentry.arrive(now);
    if (tag != heavy) return answer;
    sentry.leave(answer);
    answer.status = 429;
    answer.kind = AnswerKind::kSearch;
    return answer;
  };
  driver.ask("a");
  for (int i = 0; i < 10; ++i) driver.ask("b");
  driver.run(1006);
  EXPECT_EQ(driver.served, 11);
  EXPECT_EQ(driver.passed_on, 1);
  EXPECT_EQ(driver.sent, 1 + 10 + 3);
}

TEST(Governor, AHostThatFailsIsLeftAloneAndTriedAgain) {
  Sentry sentry;
  Driver driver(sentry);
  driver.always_answer(503);
  for (int i = 0; i < 5; ++i) driver.ask("a");
  driver.run(1000.6);
  EXPECT_EQ(driver.passed_on, 5);
  driver.ask("a");
  ASSERT_EQ(driver.refused.size(), 1U);
  EXPECT_EQ(driver.refused[0].second.reason, Reason::kUpstreamResting);
  driver.always_answer(200);
  driver.run(1002.5);
  driver.ask("a");
  driver.run(1003);
  EXPECT_EQ(driver.served, 1);
}

TEST(Governor, WhoWaitsWhileTheHostBeginsToRestIsToldThatItRests) {
  Sentry sentry;
  Driver driver(sentry);
  driver.always_answer(503);
  for (int i = 0; i < 30; ++i) driver.ask("a", 0.9);
  driver.run(1010);
  ASSERT_FALSE(driver.refused.empty());
  for (const auto& [tag, refusal] : driver.refused)
    EXPECT_EQ(refusal.reason, Reason::kUpstreamResting) << tag;
}

TEST(Governor, AFiveHundredIsTheEndpointsOwn) {
  Driver driver;
  driver.always_answer(500);
  for (int i = 0; i < 50; ++i) driver.ask("a"), driver.run(driver.now + 0.1);
  EXPECT_TRUE(driver.refused.empty());
}

TEST(Governor, WhatWasGivenBackComesAgainToTheFront) {
  Governor governor({});
  auto first = governor.admit(request("a", 10), instant(10));
  std::get<Permit>(first).give_back(instant(10.05));
  EXPECT_FALSE(std::get<Permit>(first));
  std::vector<Governor::Admission> held;
  for (int i = 0; i < 5; ++i) held.push_back(governor.admit(request("a", 10.1), instant(10.1)));
  Request waits = request("a", 10.1);
  waits.tag = 1;
  auto ticket = governor.admit(waits, instant(10.1));
  Request back = waits;
  back.again = true;
  back.tag = 2;
  auto again = governor.admit(back, instant(10.2));
  ASSERT_TRUE(std::holds_alternative<Ticket>(again));
  std::get<Permit>(held[0]).on_answer(Answer{}, instant(10.3));
  EXPECT_EQ(governor.poll(instant(10.3))->tag, 2U);
}

TEST(Governor, TheTableOfBucketsIsBounded) {
  Options options;
  options.max_buckets = 2;
  Governor governor(options);
  std::vector<Governor::Admission> held;
  for (const char* user : {"1", "2"}) {
    Request one = request("a", 10);
    one.user = user;
    held.push_back(governor.admit(one, instant(10)));
  }
  Request third = request("a", 10);
  third.user = "3";
  EXPECT_TRUE(std::holds_alternative<Refusal>(governor.admit(third, instant(10))));
  held.clear();
  EXPECT_TRUE(std::holds_alternative<Permit>(governor.admit(third, instant(10))));
}

TEST(Governor, ExplainSaysWhatWouldHappen) {
  Sentry sentry;
  Driver driver(sentry);
  EXPECT_FALSE(driver.governor.explain(request("a", 1000), instant(1000)).known);
  driver.ask("a");
  driver.run(1003.5);
  EXPECT_EQ(driver.governor.explain(request("a", driver.now), instant(driver.now)).blocker,
            Blocker::kNone);
  for (int i = 0; i < 300; ++i) driver.ask("a");
  const Explanation later = driver.governor.explain(request("a", driver.now), instant(driver.now));
  EXPECT_TRUE(later.known);
  EXPECT_NEAR(static_cast<double>(later.ahead), 280, 15);
  EXPECT_NEAR(seconds(later.wait), 7, 1);
  EXPECT_FALSE(later.refusal.has_value());
  EXPECT_TRUE(driver.governor.explain(request("a", driver.now, 1), instant(driver.now))
                  .refusal.has_value());
}

// At least one call a window goes, whatever others take; it must show that they have gone.
TEST(Governor, OthersWhoTookAllAreForgottenOnceTheyHaveGone) {
  Sentry sentry;
  sentry.foreign = sentry.limit;
  Driver driver(sentry);
  const auto keep_asking = [&](int seconds) {
    const int before = driver.served;
    for (int step = 0; step < 50 * seconds; ++step) {
      driver.ask("steady");
      driver.run(driver.now + 0.02);
    }
    return driver.served - before;
  };
  EXPECT_EQ(keep_asking(20), 0);
  sentry.foreign = 0;
  keep_asking(10);
  EXPECT_GE(keep_asking(4), 140);
}

}  // namespace
}  // namespace postern::limits
