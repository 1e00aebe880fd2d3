// Waiting for one's turn: who waits, for how long, in which order, and what ends it.
#include "relay/limits_fixture.h"

namespace postern::relay {
namespace {

using LimitsWaiting = LimitsTest;

TEST_F(LimitsWaiting, BeforeAnythingIsKnownFiveGoAndTheSixthWaitsForAnAnswer) {
  for (int i = 0; i < 5; ++i) ask();
  User& sixth = ask();
  EXPECT_EQ(sends(), 5u);
  EXPECT_EQ(sixth.client.status, 0);
  reply(0, 200, "first");
  ASSERT_EQ(sends(), 6u);
  reply(5, 200, "sixth");
  EXPECT_EQ(sixth.client.body, "sixth");
  EXPECT_TRUE(sixth.client.ended);
}

TEST_F(LimitsWaiting, ABodyIsReadOnlyWhenItsTimeHasCome) {
  one_at_a_time();
  send_body(10);
  ask();
  User& second = ask();
  EXPECT_FALSE(second.client.body_accepted);
  reply(0, 200);
  EXPECT_TRUE(second.client.body_accepted);
  EXPECT_EQ(second.exchange->on_request_body("0123456789"), 10u);
  second.exchange->on_request_end();
  EXPECT_EQ(upstream_.calls.at(1).body, "0123456789");
  EXPECT_TRUE(upstream_.calls.at(1).finished);
}

TEST_F(LimitsWaiting, TheWaitShowsInServerTimingAndTheLog) {
  one_at_a_time();
  ask();
  User& second = ask();
  pass_time(3s);
  reply(0, 200);
  reply(1, 200);
  EXPECT_EQ(second.client.field("Server-Timing").rfind("queue;dur=3000.", 0), 0u)
      << second.client.field("Server-Timing");
  EXPECT_EQ(second.client.field("X-Postern-Attempts"), "");
  EXPECT_NE(log_of(second).find("queue_ms=3000."), std::string::npos) << log_;
}

TEST_F(LimitsWaiting, WithoutALimiterNobodyWaits) {
  ask();
  reply(0, 200);
  for (int i = 0; i < 100; ++i) ask();
  EXPECT_EQ(sends(), 101u);
}

TEST_F(LimitsWaiting, OtherMethodsAndGrantsHaveLimitsOfTheirOwn) {
  one_at_a_time();
  ask();
  method(http::Method::kDelete, "DELETE");
  ask();
  EXPECT_EQ(sends(), 2u);
  adopt("globex", "secret-of-globex", 1h);
  set_target("/api/0/organizations/globex/");
  ask();
  EXPECT_EQ(sends(), 3u);
}

TEST_F(LimitsWaiting, GrantsOfOneUserShareTheirLimits) {
  one_at_a_time();
  adopt("globex", "secret-of-globex", 1h);
  for (const char* name : {"acme", "globex"}) registry_.find(name)->set_identity("", "7");
  ask();
  set_target("/api/0/organizations/globex/");
  ask();
  EXPECT_EQ(sends(), 1u);
}

// ------------------------------------------------------------------------------------- its bounds

TEST_F(LimitsWaiting, WhoWillNotWaitIsRefusedAtOnceAndToldWhenToComeBack) {
  one_at_a_time();
  ask();
  User& hasty = ask({{"X-Postern-Max-Wait", "0"}});
  EXPECT_EQ(hasty.client.status, 429);
  EXPECT_TRUE(hasty.said("\"code\":\"rate_limited\""));
  EXPECT_EQ(hasty.client.field("Retry-After"), "1");
  EXPECT_EQ(hasty.client.field("X-Postern-Generated"), "1");
  EXPECT_TRUE(hasty.client.ended);
  EXPECT_EQ(relay_->counters().refused, 1u);
  EXPECT_NE(log_of(hasty).find("code=rate_limited"), std::string::npos) << log_;
}

TEST_F(LimitsWaiting, WhoWillNotWaitGoesWhenThereIsRoom) {
  ask({{"X-Postern-Max-Wait", "0"}});
  EXPECT_EQ(sends(), 1u);
}

TEST_F(LimitsWaiting, EndsAtTheCallersDeadline) {
  one_at_a_time();
  ask();
  User& second = ask({{"Prefer", "wait=2"}});
  pass_time(1900ms);
  EXPECT_EQ(second.client.status, 0);
  pass_time(200ms);
  EXPECT_EQ(second.client.status, 429);
  EXPECT_EQ(second.client.field("Server-Timing").rfind("queue;dur=20", 0), 0u);
  reply(0, 200);
  EXPECT_EQ(sends(), 1u);
}

TEST_F(LimitsWaiting, NobodyWaitsLongerThanTheOptionSays) {
  one_at_a_time();
  options_.limits.max_wait = 5s;
  ask();
  User& second = ask({{"Prefer", "wait=100"}, {"X-Postern-Max-Wait", "1m"}});
  pass_time(4900ms);
  EXPECT_EQ(second.client.status, 0);
  pass_time(200ms);
  EXPECT_EQ(second.client.status, 429);
  EXPECT_TRUE(second.said("in the 5s that it may wait"));
}

TEST_F(LimitsWaiting, AFullQueueSaysSo) {
  one_at_a_time();
  options_.limits.max_queue = 1;
  options_.limits.bucket_share = 1;
  ask();
  ask();
  User& third = ask();
  EXPECT_EQ(third.client.status, 503);
  EXPECT_TRUE(third.said("\"code\":\"queue_full\""));
  EXPECT_NE(third.client.field("Retry-After"), "");
}

TEST_F(LimitsWaiting, AClientThatLeavesGivesItsPlaceFree) {
  one_at_a_time();
  options_.limits.max_queue = 1;
  options_.limits.bucket_share = 1;
  ask();
  leave(ask());
  User& third = ask();
  EXPECT_EQ(third.client.status, 0);
  reply(0, 200);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "third");
  EXPECT_EQ(third.client.body, "third");
}

TEST_F(LimitsWaiting, AClientThatLeavesDuringItsCallLetsTheNextOneGo) {
  one_at_a_time();
  User& first = ask();
  ask();
  sent(0);
  leave(first);
  timers_.advance(1us);
  EXPECT_TRUE(upstream_.calls.at(0).cancelled);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(LimitsWaiting, NonsenseInAFieldOfPosternsOwnIsSaid) {
  User& odd = ask({{"X-Postern-Max-Wait", "soon"}});
  EXPECT_EQ(odd.client.status, 400);
  EXPECT_TRUE(odd.said("X-Postern-Max-Wait"));
  const std::string name(65, 'x');
  User& loud = ask({{"X-Postern-Client", name}});
  EXPECT_EQ(loud.client.status, 400);
  EXPECT_TRUE(loud.said("X-Postern-Client"));
  EXPECT_EQ(sends(), 0u);
}

// -------------------------------------------------------------------------------------- its order

TEST_F(LimitsWaiting, TheUrgentGoFirst) {
  one_at_a_time();
  ask();
  set_target("/api/0/organizations/acme/releases/");
  ask({{"Priority", "u=7"}});
  set_target("/api/0/organizations/acme/teams/");
  ask();
  set_target("/api/0/organizations/acme/issues/");
  ask({{"Priority", "u=0"}});
  for (size_t call = 0; call < 4; ++call) reply(call, 200);
  EXPECT_EQ(upstream_.calls.at(1).target, "/api/0/organizations/acme/issues/");
  EXPECT_EQ(upstream_.calls.at(2).target, "/api/0/organizations/acme/teams/");
  EXPECT_EQ(upstream_.calls.at(3).target, "/api/0/organizations/acme/releases/");
}

TEST_F(LimitsWaiting, CallersTakeTurnsAndPortsMakeNoCallers) {
  one_at_a_time();
  ask();
  set_target("/api/0/organizations/acme/issues/");
  ask({}, "10.0.0.1:1000");
  ask({}, "10.0.0.1:2000");
  ask({}, "10.0.0.1:3000");
  set_target("/api/0/organizations/acme/teams/");
  ask({}, "10.0.0.2:1000");
  for (size_t call = 0; call < 3; ++call) reply(call, 200);
  EXPECT_EQ(upstream_.calls.at(1).target, "/api/0/organizations/acme/issues/");
  EXPECT_EQ(upstream_.calls.at(2).target, "/api/0/organizations/acme/teams/");
}

TEST_F(LimitsWaiting, ACallerDividesItsTurnsAmongItsClients) {
  one_at_a_time();
  ask();
  set_target("/api/0/organizations/acme/issues/");
  ask({{"X-Postern-Client", "batch"}});
  ask({{"X-Postern-Client", "batch"}});
  set_target("/api/0/organizations/acme/teams/");
  ask({{"X-Postern-Client", "page"}});
  for (size_t call = 0; call < 3; ++call) reply(call, 200);
  EXPECT_EQ(upstream_.calls.at(2).target, "/api/0/organizations/acme/teams/");
}

// ------------------------------------------------------------------------------ the token
// meanwhile

TEST_F(LimitsWaiting, TheTokenIsThatOfTheMomentOfSending) {
  one_at_a_time();
  ask();
  ask();
  adopt("acme", "second", 1h, 2);
  reply(0, 200);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(last_authorization(), "Bearer second");
}

TEST_F(LimitsWaiting, ATokenThatExpiresMeanwhileIsReplacedFirst) {
  one_at_a_time();
  adopt("acme", "short-lived", 10s, 2);
  ask();
  ask();
  pass_time(12s);
  reply(0, 200);
  EXPECT_EQ(sends(), 1u);
  EXPECT_EQ(refresher_.asked, 1);
  User& third = ask({{"X-Postern-Max-Wait", "0"}});
  EXPECT_EQ(third.client.status, 0) << "waits for the token as well";
  adopt("acme", "third", 1h, 3);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(last_authorization(), "Bearer third");
  EXPECT_EQ(third.client.status, 429) << "the one that was admitted before goes first";
}

TEST_F(LimitsWaiting, AGrantRevokedMeanwhileIsNamed) {
  one_at_a_time();
  ask();
  User& second = ask();
  grant().revoke("Sentry no longer accepts the token");
  reply(0, 200);
  EXPECT_EQ(sends(), 1u);
  EXPECT_EQ(second.client.status, 503);
  EXPECT_TRUE(second.said("reauthorization_required"));
}

TEST_F(LimitsWaiting, ARefusedTokensReplayWaitsForItsTurnToo) {
  one_at_a_time();
  User& first = ask();
  ask();
  reply(0, 401, kInvalid);
  ASSERT_EQ(sends(), 2u) << "the second goes while the first has no token";
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 2u);
  reply(1, 200);
  ASSERT_EQ(sends(), 3u);
  EXPECT_EQ(last_authorization(), "Bearer second");
  reply(2, 200, "at last");
  EXPECT_EQ(first.client.body, "at last");
  EXPECT_EQ(first.client.field("X-Postern-Attempts"), "2");
  EXPECT_EQ(relay_->counters().replays, 1u);
}

// -------------------------------------------------------------------------- leave and not sent

TEST_F(LimitsWaiting, ACallThatStandsInLineKeepsItsPlaceThereWhileItsLeaveIsRenewed) {
  User& user = ask();
  timers_.advance(3s);
  ASSERT_EQ(sends(), 1u);
  EXPECT_FALSE(upstream_.calls.at(0).cancelled);
  reply(0, 200, "late");
  EXPECT_EQ(user.client.body, "late");
  EXPECT_EQ(user.client.field("X-Postern-Attempts"), "");
  timers_.advance(1s);
  EXPECT_EQ(timers_.set(), 0u) << "nothing is left to watch";
}

TEST_F(LimitsWaiting, LeaveThatIsNotUsedGoesToSomebodyElse) {
  one_at_a_time();
  set_target("/api/0/organizations/acme/teams/");
  User& slow = ask();
  set_target("/api/0/organizations/acme/issues/");
  User& urgent = ask({{"Priority", "u=0"}});
  EXPECT_EQ(sends(), 1u);
  timers_.advance(60ms);
  ASSERT_EQ(sends(), 2u);
  EXPECT_TRUE(upstream_.calls.at(0).cancelled);
  EXPECT_EQ(upstream_.calls.at(1).target, "/api/0/organizations/acme/issues/");
  reply(1, 200, "urgent");
  EXPECT_EQ(urgent.client.body, "urgent");
  ASSERT_EQ(sends(), 3u);
  reply(2, 200, "slow");
  EXPECT_EQ(slow.client.body, "slow");
  EXPECT_EQ(slow.client.field("X-Postern-Attempts"), "") << "the first was never made";
}

TEST_F(LimitsWaiting, ASlowLineSendsNobodyRoundAndRound) {
  for (int i = 0; i < 20; ++i) ask();
  timers_.advance(10s);
  EXPECT_EQ(sends(), 10u) << "five places in line, each given up once";
}

TEST_F(LimitsWaiting, TheTimerForThatIsNotSetForEachCall) {
  ask();
  reply(0, 200);
  const size_t before = timers_.set();
  for (size_t call = 1; call < 10; ++call) {
    ask();
    reply(call, 200);
  }
  EXPECT_LE(before, 1u);
  EXPECT_EQ(timers_.set(), before);
}

}  // namespace
}  // namespace postern::relay
