// Requests for one answer under way at the same time: one call, and what becomes of the others.
#include "relay/cache_fixture.h"

namespace postern::relay {
namespace {

class CoalescingTest : public CacheTest {
 protected:
  void tell() { timers_.advance(1us); }
};

TEST_F(CoalescingTest, EqualRequestsUnderWayShareOneCall) {
  User& first = get(kIssues);
  User& second = get(kIssues);
  User& third = get(kIssues);
  EXPECT_EQ(sends(), 1u);
  clock_.advance(2s);
  reply(0, 200, "[1]");
  for (User* user : {&first, &second, &third}) {
    EXPECT_EQ(user->client.body, "[1]");
    EXPECT_TRUE(user->client.ended);
  }
  EXPECT_EQ(outcome(first), "miss");
  EXPECT_EQ(outcome(second), "coalesced");
  EXPECT_EQ(second.client.field("Server-Timing").rfind("queue;dur=2000.", 0), 0u)
      << second.client.field("Server-Timing");
  EXPECT_NE(log_of(third).find("cache=coalesced"), std::string::npos) << log_;
}

TEST_F(CoalescingTest, TheLeaderIsServedWhileTheBodyComes) {
  User& leader = get(kIssues);
  User& follower = get(kIssues);
  reply_head(0, 200, {}, http::Framing::chunked());
  upstream_.last().on_body("[1,");
  EXPECT_EQ(leader.client.body, "[1,");
  tell();
  EXPECT_EQ(follower.client.status, 0);
  upstream_.last().on_body("2]");
  upstream_.last().on_done();
  tell();
  EXPECT_EQ(follower.client.body, "[1,2]");
}

TEST_F(CoalescingTest, ALeaderThatTakesItsBytesSlowlyKeepsNobodyWaiting) {
  User& leader = get(kIssues);
  User& follower = get(kIssues);
  leader.client.slow = true;
  reply(0, 200, "[1,2]");
  EXPECT_EQ(upstream_.calls[0].credited, 5u);
  EXPECT_EQ(follower.client.body, "[1,2]");
  EXPECT_EQ(leader.client.body, "");
  leader.client.slow = false;
  leader.exchange->on_drained();
  EXPECT_EQ(leader.client.body, "[1,2]");
  EXPECT_TRUE(leader.client.ended);
}

TEST_F(CoalescingTest, ALengthThatIsTooLargeSendsTheOthersOnTheirOwnAtOnce) {
  options_.cache.max_body = 10;
  User& leader = get(kIssues);
  User& follower = get(kIssues);
  reply_head(0, 200, {}, http::Framing::of_length(11));
  tell();
  ASSERT_EQ(sends(), 2u);
  upstream_.calls[0].events->on_body("01234567890");
  upstream_.calls[0].events->on_done();
  EXPECT_EQ(leader.client.body, "01234567890");
  reply(1, 200, "01234567890");
  EXPECT_EQ(follower.client.body, "01234567890");
  EXPECT_EQ(outcome(follower), "miss");
  EXPECT_EQ(relay_->caching()->bytes(), 0u);
}

TEST_F(CoalescingTest, SoDoesABodyThatTurnsOutTooLarge) {
  options_.cache.max_body = 10;
  User& leader = get(kIssues);
  get(kIssues);
  leader.client.slow = true;
  reply_head(0, 200, {}, http::Framing::chunked());
  upstream_.calls[0].events->on_body("0123456789");
  upstream_.calls[0].events->on_body("x");
  EXPECT_EQ(leader.client.body, "0123456789x");
  EXPECT_EQ(upstream_.calls[0].credited, 10u);  // the rest when it has been taken
  tell();
  EXPECT_EQ(sends(), 2u);
  leader.client.slow = false;
  leader.exchange->on_drained();
  EXPECT_EQ(upstream_.calls[0].credited, 11u);
  upstream_.calls[0].events->on_done();
  EXPECT_TRUE(leader.client.ended);
}

TEST_F(CoalescingTest, ATooLargeBodyOfWhichSomeWasTakenStreamsOn) {
  options_.cache.max_body = 10;
  User& user = get(kIssues);
  reply_head(0, 200, {}, http::Framing::chunked());
  upstream_.calls[0].events->on_body("0123456789");
  user.client.slow = true;
  upstream_.calls[0].events->on_body("x");
  user.client.slow = false;
  user.exchange->on_drained();
  upstream_.calls[0].events->on_done();
  EXPECT_EQ(user.client.body, "0123456789x");
  EXPECT_TRUE(user.client.ended);
}

TEST_F(CoalescingTest, ACallThatIsSentAgainIsStillTheOneOfAll) {
  User& leader = get(kIssues);
  User& follower = get(kIssues);
  sent(0);
  fail(0, FakeUpstream::closed(http::Sent::kMaybe, true));
  ASSERT_EQ(sends(), 2u);
  sent(1);
  reply(1, 200, "[1]");
  EXPECT_EQ(leader.client.body, "[1]");
  EXPECT_EQ(follower.client.body, "[1]");
  EXPECT_EQ(outcome(follower), "coalesced");
  EXPECT_EQ(again(kIssues), "hit");
}

TEST_F(CoalescingTest, WhatMayNotBeSharedIsNot) {
  get(kIssues);
  User& second = get(kIssues);
  User& third = get(kIssues);
  reply(0, 404, "not here");
  ASSERT_EQ(sends(), 3u);
  reply(1, 200, "own");
  reply(2, 200, "own too");
  EXPECT_EQ(second.client.body, "own");
  EXPECT_EQ(third.client.body, "own too");
}

TEST_F(CoalescingTest, AFailedCallFailsItsCallerAlone) {
  User& leader = get(kIssues);
  User& follower = get(kIssues);
  http::Failure failure;
  failure.kind = http::FailKind::kUnreachable;
  fail(0, failure);
  EXPECT_EQ(leader.client.status, 502);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "there");
  EXPECT_EQ(follower.client.body, "there");
}

TEST_F(CoalescingTest, ALeaderThatLeavesTakesItsCallAndOneOfTheOthersMakesIt) {
  User& leader = get(kIssues);
  User& second = get(kIssues);
  User& third = get(kIssues);
  sent(0);
  leave(leader);
  EXPECT_TRUE(upstream_.calls[0].cancelled);
  tell();
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "[]");
  EXPECT_EQ(outcome(second), "miss");
  EXPECT_EQ(outcome(third), "coalesced");
}

TEST_F(CoalescingTest, AFollowerMayLeave) {
  get(kIssues);
  leave(get(kIssues));
  User& third = get(kIssues);
  reply(0, 200, "[]");
  EXPECT_EQ(third.client.body, "[]");
}

TEST_F(CoalescingTest, WhoWantsAFreshAnswerDoesNotFollowACallThatWasSentBefore) {
  get(kIssues);
  sent(0);
  clock_.advance(1ms);
  User& fresh = get(kIssues, {{"Cache-Control", "no-cache"}});
  EXPECT_EQ(sends(), 2u);
  reply(1, 200, "new");
  reply(0, 200, "old");
  EXPECT_EQ(fresh.client.body, "new");
  EXPECT_EQ(get(kIssues).client.body, "new");
}

TEST_F(CoalescingTest, TheyWaitForOneTokenTogether) {
  clock_.advance(2h);
  User& first = get(kIssues);
  User& second = get(kIssues);
  EXPECT_EQ(sends(), 0u);
  adopt("acme", "newer", 1h, 2);
  ASSERT_EQ(sends(), 1u);
  reply(0, 200, "[]");
  EXPECT_EQ(first.client.body, "[]");
  EXPECT_EQ(second.client.body, "[]");
}

TEST_F(CoalescingTest, ATokenThatIsGoneForGoodIsToldToEach) {
  clock_.advance(2h);
  User& first = get(kIssues);
  User& second = get(kIssues);
  User& third = get(kIssues);
  grant().revoke("taken away");
  tell();
  for (User* user : {&first, &second, &third}) EXPECT_EQ(user->client.status, 503);
}

// ------------------------------------------------------------------------------- and rate limits

class CoalescingLimitsTest : public CoalescingTest {
 protected:
  CoalescingLimitsTest() {
    options_.limited = true;
    one_at_a_time();
  }
};

TEST_F(CoalescingLimitsTest, FollowersTakeNoPlaceInTheQueue) {
  options_.limits.max_queue = 1;
  get(kIssue);
  User& first = get(kIssues);  // waits, the queue is full
  User& second = get(kIssues);
  EXPECT_EQ(second.client.status, 0);
  reply(0, 200, "{}");
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "[]");
  EXPECT_EQ(first.client.body, "[]");
  EXPECT_EQ(second.client.body, "[]");
  EXPECT_EQ(sends(), 2u);
}

TEST_F(CoalescingLimitsTest, AFollowerKeepsItsOwnDeadline) {
  get(kIssue);
  sent(0);
  get(kIssues);
  User& hasty = get(kIssues, {{"Prefer", "wait=2"}});
  pass_time(1900ms);
  EXPECT_EQ(hasty.client.status, 0);
  pass_time(200ms);
  EXPECT_EQ(hasty.client.status, 429);
  EXPECT_TRUE(hasty.said("rate_limited"));
}

TEST_F(CoalescingLimitsTest, WhoWillNotWaitIsToldAtOnce) {
  get(kIssue);
  get(kIssues);
  EXPECT_EQ(get(kIssues, {{"X-Postern-Max-Wait", "0"}}).client.status, 429);
}

TEST_F(CoalescingLimitsTest, ACallThatSentryHasIsWaitedForBeyondTheDeadline) {
  get(kIssues);
  sent(0);
  User& hasty = get(kIssues, {{"X-Postern-Max-Wait", "0"}});
  User& other = get(kIssues, {{"Prefer", "wait=2"}});
  pass_time(5s);
  reply(0, 200, "[]");
  EXPECT_EQ(hasty.client.body, "[]");
  EXPECT_EQ(other.client.body, "[]");
}

TEST_F(CoalescingLimitsTest, WhoseDeadlineHasPassedLeavesALeaderThatHasToWaitAgain) {
  get(kIssues);
  sent(0);
  User& hasty = get(kIssues, {{"Prefer", "wait=2"}});
  pass_time(5s);
  reply(0, 429, kWindowWords, window_fields("0", "1728000090"));
  tell();
  EXPECT_EQ(hasty.client.status, 429);
}

TEST_F(CoalescingLimitsTest, TheUrgentDoNotQueueBehindTheLessUrgent) {
  get(kIssue);
  get(kIssues, {{"Priority", "u=7"}});
  User& urgent = get(kIssues, {{"Priority", "u=0"}});
  reply(0, 200, "{}");
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "[]");
  EXPECT_EQ(urgent.client.body, "[]");
}

TEST_F(CoalescingLimitsTest, WhenTheProcessEndsFollowersAreRefusedLikeThoseWhoWait) {
  get(kIssue);
  User& leader = get(kIssues);
  User& follower = get(kIssues);
  relay_->refuse_waiting();
  EXPECT_TRUE(leader.said("draining"));
  EXPECT_TRUE(follower.said("draining"));
}

TEST_F(CoalescingLimitsTest, AHitNeedsNoRoom) {
  get(kIssues);
  reply(0, 200, "[]");
  get(kIssue);
  EXPECT_EQ(get(kIssues, {{"X-Postern-Max-Wait", "0"}}).client.body, "[]");
}

}  // namespace
}  // namespace postern::relay
