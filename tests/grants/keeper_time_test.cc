// Rules 5 to 8 of keeper_rules.h: in time, refused, with requests under way, and secret. The first
// four are in keeper_test.cc.
#include "grants/keeper_rules.h"

namespace postern::grants::test {
namespace {

// ------------------------------------------------------------------------------------------- 5
// early

TEST_F(Rule5Early, RefreshesWhenATenthIsLeft) {
  begin();
  process.pass_long(53min + 55s);
  EXPECT_EQ(world.issuer.calls, 0);
  process.pass_long(10s);
  EXPECT_EQ(world.issuer.calls, 1);
  source.answer();
  process.settle();
  EXPECT_EQ(process.access(), "access-2");
  EXPECT_FALSE(process.grant.token()->expired(world.clock.now() + 59min));
}

TEST_F(Rule5Early, StopsWhenTheProcessIsAboutToEnd) {
  begin();
  process.keeper->stop_renewing();
  process.pass_long(59min);
  EXPECT_EQ(world.issuer.calls, 0);
  ask_for_refresh();  // a request that is still served needs one
  source.answer();
  process.settle();
  EXPECT_EQ(process.access(), "access-2");
}

TEST_F(Rule5Early, LifetimesCountFromWhenTheRequestWasSent) {
  begin();
  ask_for_refresh();
  const Instant sent = world.clock.now();
  process.pass(20s);
  source.answer();
  process.settle();
  EXPECT_EQ(*process.grant.token()->dies_at, sent + 1h);
}

TEST_F(Rule5Early, TheWallClockMayJumpAsItLikes) {
  begin();
  for (Duration jump : {Duration(5h), Duration(-9h)}) {
    world.clock.set_wall_by(jump);
    process.pass_long(2s);
    EXPECT_EQ(process.standing(), Standing::kGo);
    EXPECT_EQ(world.issuer.calls, 0);
  }
  process.pass_long(54min);
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(Rule5Early, AnExpiredTokenIsNeverSent) {
  begin(10s);
  process.pass(10s);
  EXPECT_EQ(process.standing(), Standing::kWait);
  source.refuse(Kind::kTransient, "500");
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kUnavailable);
  process.pass(2s);
  ASSERT_TRUE(source.called());
  source.answer();
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
}

TEST_F(Rule5Early, OneRefreshPerLifetimeOfTwoSeconds) {
  begin(2s);
  source.lifetime = 2s;
  for (int ms = 0; ms < 60'000; ms += 10) {
    process.pass(10ms, 10ms);
    if (source.called()) source.answer();
    process.settle();
    ASSERT_EQ(process.standing(), Standing::kGo) << ms;
  }
  EXPECT_EQ(world.issuer.calls, world.issuer.issued - 1);
  EXPECT_GE(world.issuer.calls, 30);
  EXPECT_LE(world.issuer.calls, 50);
}

// Whatever lifetime the endpoint tells, it is asked once a second at most.
TEST_F(Rule5Early, NoLifetimeMakesAStorm) {
  for (std::optional<Duration> lifetime :
       {std::optional<Duration>(0s), std::optional<Duration>(-5s), std::optional<Duration>(1ns),
        std::optional<Duration>(1s), std::optional<Duration>()}) {
    World other;
    Process one(other);
    other.store.grants["acme"] = first_pair(other.clock, 1s);
    one.source.lifetime = lifetime;
    one.begin();
    for (int tenths = 0; tenths < 300; ++tenths) {
      one.standing();
      one.pass(100ms);
      if (one.source.called()) one.source.answer();
      one.settle();
    }
    EXPECT_GE(other.issuer.calls, 1);
    EXPECT_LE(other.issuer.calls, 31) << (lifetime ? lifetime->count() : -1);
    EXPECT_TRUE(lifetime || other.issuer.calls == 1);
  }
}

TEST_F(Rule5Early, ATokenWithoutALifeIsAFailureInDisguise) {
  begin(10s);
  source.lifetime = 0s;
  ask_for_refresh();
  Caller caller(process.grant);
  source.answer();
  process.settle();
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(process.standing(), Standing::kUnavailable);
  EXPECT_THAT(process.status().last_error, HasSubstr("expired already"));
  EXPECT_EQ(stored().access_token.reveal(), "access-2");
}

// -------------------------------------------------------------------------------------- 6 dead
// token

TEST_F(Rule6DeadToken, RefreshingRestsForARouteThatANewTokenDidNotHelp) {
  begin();
  ask_for_refresh();
  source.answer();
  process.settle();
  process.pass(6s);
  EXPECT_EQ(process.refused("GET /x", 1), Verdict::kPassOn);
  EXPECT_EQ(process.refused("GET /x"), Verdict::kPassOn);
  process.settle();
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(Rule6DeadToken, ARestingKeeperStartsNothingAndTheTokenIsUnavailable) {
  begin();
  ask_for_refresh();
  source.refuse(Kind::kTransient, "503", 60s);
  process.settle();
  EXPECT_EQ(process.refused(), Verdict::kUnavailable);
  process.pass(50s);
  EXPECT_EQ(world.issuer.calls, 1);
}

// It makes the probes red, so nobody may come any more whose request would ask for it.
TEST_F(Rule6DeadToken, ADeadTokenIsReplacedThoughNobodyAsks) {
  begin();
  ask_for_refresh();
  source.refuse(Kind::kTransient, "503", 60s);
  process.settle();
  process.pass(59s);
  EXPECT_EQ(world.issuer.calls, 1);
  process.pass(2s);
  ASSERT_TRUE(source.called());
  source.answer();
  process.settle();
  EXPECT_TRUE(process.status().usable);
  EXPECT_EQ(process.access(), "access-2");
}

TEST_F(Rule6DeadToken, ATokenThatWorksAfterAllIsLeftAlone) {
  begin();
  ask_for_refresh();
  source.refuse(Kind::kTransient, "503", 60s);
  process.settle();
  process.pass(1s);
  process.grant.worked(1, world.clock.now());
  process.pass(5min);
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(Rule6DeadToken, WhoWaitsForTheNextTryIsToldOfItAndAddsNone) {
  begin(10s);
  process.pass(10s);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int tries = 1; tries <= 3; ++tries) {
    for (int i = 0; i < 100; ++i) {
      process.standing();
      callers.push_back(std::make_unique<Caller>(process.grant));
    }
    ASSERT_TRUE(source.called());
    EXPECT_FALSE(process.grant.next_try()) << "it is under way";
    source.refuse(Kind::kTransient, "503");
    process.settle();
    EXPECT_EQ(world.issuer.calls, tries);
    const std::optional<Instant> next = process.grant.next_try();
    ASSERT_TRUE(next);
    process.pass(*next - world.clock.now() - 50ms);
    process.standing();
    EXPECT_EQ(world.issuer.calls, tries);
    process.pass(100ms);
  }
  source.answer();
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
  for (const auto& caller : callers) EXPECT_EQ(caller->told, 1);
}

TEST_F(Rule6DeadToken, WhoWaitsForATryThatIsNotNeededAnyMoreIsToldToo) {
  begin();
  ask_for_refresh();
  source.refuse(Kind::kTransient, "503", 10s);
  process.settle();
  Caller caller(process.grant);
  process.grant.worked(1, world.clock.now() + 1s);
  process.pass(11s);
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(Rule6DeadToken, AProcessThatEndsHasNoNextTry) {
  begin(10s);
  process.pass(10s);
  ASSERT_TRUE(source.called());
  source.refuse(Kind::kTransient, "503");
  process.settle();
  EXPECT_TRUE(process.grant.next_try());
  Caller caller(process.grant);
  process.keeper->stop_renewing();
  EXPECT_FALSE(process.grant.next_try());
  EXPECT_EQ(caller.told, 1);
}

// What Sentry calls dead and nothing can replace serves nobody, whatever lifetime it has left.
TEST_F(Rule6DeadToken, ADeadTokenThatCannotBeReplacedIsNotUsableUntilItWorksAgain) {
  begin();
  EXPECT_TRUE(process.status().usable);
  ask_for_refresh();
  EXPECT_TRUE(process.status().usable) << "the refresh may yet replace it";
  source.refuse(Kind::kTransient, "503", 60s);
  process.settle();
  EXPECT_FALSE(process.status().usable);
  EXPECT_FALSE(process.status().needs_person);
  process.pass(1s);
  process.grant.worked(1, world.clock.now());
  EXPECT_TRUE(process.status().usable) << "it was the request, not the token";
}

// ----------------------------------------------------------------------------------------- 7
// streams

TEST_F(Rule7Streams, AnEarlyRefreshWaitsForThemAndHoldsNewOnesBack) {
  begin();
  auto stream = std::make_unique<Grant::Stream>(process.grant);
  process.pass_long(54min);
  EXPECT_EQ(process.standing(false), Standing::kWait);
  EXPECT_EQ(process.standing(true), Standing::kGo);
  Caller held(process.grant);
  EXPECT_EQ(world.issuer.calls, 0);
  stream.reset();
  process.settle();
  EXPECT_TRUE(source.called());
  EXPECT_EQ(process.standing(false), Standing::kWait);
  source.answer();
  process.settle();
  EXPECT_EQ(held.told, 1);
  EXPECT_EQ(process.standing(false), Standing::kGo);
}

TEST_F(Rule7Streams, NobodyIsHeldBackForMoreThanTwoSecondsAtATime) {
  begin();
  Grant::Stream stream(process.grant);
  process.pass_long(54min);
  ASSERT_EQ(process.standing(false), Standing::kWait);
  Caller held(process.grant);
  process.pass(2s);
  EXPECT_EQ(held.told, 1);
  EXPECT_EQ(process.standing(false), Standing::kGo);
  EXPECT_EQ(world.issuer.calls, 0);
}

// An upload that takes most of what a token lives for: it has as long as half of that.
TEST_F(Rule7Streams, WhereThereIsLittleTimeTheHoldBeginsSooner) {
  begin(2s);
  source.lifetime = 2s;
  auto stream = std::make_unique<Grant::Stream>(process.grant);
  process.pass(1100ms, 10ms);
  EXPECT_EQ(process.standing(false), Standing::kWait);
  process.pass(350ms, 10ms);
  EXPECT_FALSE(source.called());
  EXPECT_EQ(process.standing(false), Standing::kWait);
  stream.reset();
  process.settle();
  EXPECT_TRUE(source.called());
}

TEST_F(Rule7Streams, AreHeldBackNoLongerWhenTheProcessIsAboutToEnd) {
  begin();
  const Grant::Stream stream(process.grant);
  process.pass_long(54min);
  ASSERT_EQ(process.standing(false), Standing::kWait);
  process.keeper->stop_renewing();
  EXPECT_EQ(process.standing(false), Standing::kGo);
  process.pass_long(4min);
  EXPECT_EQ(world.issuer.calls, 0);
}

TEST_F(Rule7Streams, TheLastSafeMomentWaitsForNobody) {
  begin();
  Grant::Stream stream(process.grant);
  process.pass_long(58min + 58s);
  EXPECT_EQ(world.issuer.calls, 0);
  process.pass_long(3s);
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(Rule7Streams, ACallThatHangsDoesNotHoldThemForEver) {
  begin();
  ask_for_refresh();
  EXPECT_EQ(process.standing(false), Standing::kWait);
  process.pass(2s);
  EXPECT_EQ(process.standing(false), Standing::kGo);
}

TEST_F(Rule7Streams, ADeadTokenIsReplacedWithoutWaitingForThem) {
  begin();
  Grant::Stream stream(process.grant);
  process.pass_long(54min);
  ASSERT_EQ(world.issuer.calls, 0);
  ask_for_refresh();
  EXPECT_EQ(world.issuer.calls, 1);
}

// ------------------------------------------------------------------------------------------ 8
// secret

TEST_F(Rule8Secret, NoTokenIsInALogOrAStatus) {
  begin();
  ask_for_refresh();
  world.store.save_fault = "full";
  source.answer();
  process.settle();
  world.store.save_fault.clear();
  process.pass(5s);
  ask_for_refresh();
  source.lose();
  process.settle();
  process.pass(5s);
  if (!source.called()) process.refused();
  process.settle();
  source.answer();
  process.settle();
  ASSERT_EQ(process.standing(), Standing::kRevoked);
  const KeeperStatus status = process.status();
  for (const std::string& text : {process.log(), status.last_error, process.grant.reason()}) {
    EXPECT_THAT(text, Not(HasSubstr("access-")));
    EXPECT_THAT(text, Not(HasSubstr("refresh-")));
  }
}

}  // namespace
}  // namespace postern::grants::test
