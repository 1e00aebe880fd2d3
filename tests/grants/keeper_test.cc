// Rules 1 to 4 of keeper_rules.h: refreshing once, in order, never final too soon. The rest is in
// keeper_time_test.cc.
#include "grants/keeper.h"

#include "grants/keeper_rules.h"

namespace postern::grants::test {
namespace {

using ::testing::ElementsAre;

// ---------------------------------------------------------------------------------- 1 single
// flight

TEST_F(Rule1SingleFlight, AnyNumberOfRequestsShareOneRefresh) {
  begin();
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(process.refused("GET /" + std::to_string(i)), Verdict::kWait);
    callers.push_back(std::make_unique<Caller>(process.grant));
  }
  process.settle();
  source.answer();
  process.settle();
  EXPECT_EQ(world.issuer.calls, 1);
  for (const auto& caller : callers) EXPECT_EQ(caller->told, 1);
  EXPECT_EQ(process.access(), "access-2");
}

TEST_F(Rule1SingleFlight, NoCallersDisconnectCancelsIt) {
  begin();
  ask_for_refresh();
  { Caller caller(process.grant); }
  source.answer();
  process.settle();
  EXPECT_EQ(source.cancelled, 0);
  EXPECT_EQ(process.access(), "access-2");
}

TEST_F(Rule1SingleFlight, ARequestDuringAnEarlyRefreshJoinsIt) {
  begin();
  process.pass_long(54min + 1s);
  ASSERT_TRUE(source.called());
  EXPECT_EQ(process.refused(), Verdict::kWait);
  source.answer();
  process.settle();
  process.pass_long(10min);
  EXPECT_EQ(world.issuer.calls, 1);
}

// -------------------------------------------------------------------------------------- 2
// generation

TEST_F(Rule2Generation, EachRefreshMakesTheNextOne) {
  begin();
  ask_for_refresh();
  source.answer();
  process.settle();
  EXPECT_EQ(process.grant.token()->generation, 2U);
  EXPECT_EQ(stored().generation, 2U);
  EXPECT_EQ(process.status().refreshes, 1U);
}

TEST_F(Rule2Generation, WhatIsOlderIsSentAgainAndRefreshesNothing) {
  begin();
  ask_for_refresh();
  source.answer();
  process.settle();
  Refused old;
  old.generation = 1;
  old.sent_at = world.clock.now();
  EXPECT_EQ(process.grant.refused(old, world.clock.now()).verdict, Verdict::kReplay);
  process.pass(5s);
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(Rule2Generation, ARefusalRightAfterARefreshKeepsTheToken) {
  begin();
  ask_for_refresh();
  process.pass(20s);  // the lag is counted from when the answer came
  source.answer();
  process.settle();
  Refused fresh;
  fresh.generation = 2;
  fresh.sent_at = world.clock.now();
  EXPECT_EQ(process.grant.refused(fresh, world.clock.now()).verdict, Verdict::kLater);
}

// ------------------------------------------------------------------------------------------- 3
// order

TEST_F(Rule3Order, LockReadJournalCallSaveUseUnlock) {
  begin();
  world.store.steps.clear();
  source.on_call = [this] {
    world.store.note("call");
    EXPECT_TRUE(stored().journal);
  };
  ASSERT_EQ(process.refused(), Verdict::kWait);
  process.settle();
  source.answer();
  EXPECT_EQ(process.access(), "access-1");  // not before it is stored
  process.settle();
  EXPECT_EQ(process.access(), "access-2");
  EXPECT_THAT(world.store.steps, ElementsAre("lock", "load", "journal", "call", "save", "unlock"));
  EXPECT_EQ(stored().access_token.reveal(), "access-2");
  EXPECT_EQ(stored().refresh_token.reveal(), "refresh-2");
  EXPECT_FALSE(stored().journal);
}

TEST_F(Rule3Order, KeepsWhatTheAnswerDoesNotSay) {
  begin();
  source.rotates = false;
  ask_for_refresh();
  source.answer();
  process.settle();
  EXPECT_EQ(stored().refresh_token.reveal(), "refresh-1");
  EXPECT_EQ(stored().user.email, "jane@example.com");
  EXPECT_EQ(stored().organization.id, "42");
  EXPECT_EQ(stored().organization.slug, "acme");
  EXPECT_EQ(stored().sentry, "https://sentry.test");
  EXPECT_THAT(stored().scopes, ElementsAre("org:read"));
  process.pass(2s);
  ask_for_refresh();  // and once more with the same refresh token
  source.answer();
  process.settle();
  EXPECT_EQ(process.access(), "access-3");
}

TEST_F(Rule3Order, ANewerPairInTheStoreIsUsedAndNobodyIsCalled) {
  begin();
  StoredGrant newer = stored();
  newer.generation = 2;
  newer.access_token = Secret("access-other");
  newer.refresh_token = Secret("refresh-other");
  world.store.grants["acme"] = newer;
  ASSERT_EQ(process.refused(), Verdict::kWait);
  Caller caller(process.grant);
  process.settle();
  EXPECT_EQ(world.issuer.calls, 0);
  EXPECT_EQ(process.access(), "access-other");
  EXPECT_EQ(caller.told, 1);
  EXPECT_FALSE(world.store.locked);
}

TEST_F(Rule3Order, WaitsForTheLockAndUsesWhatItsHolderHasStored) {
  begin();
  world.store.locked = true;
  ASSERT_EQ(process.refused(), Verdict::kWait);
  process.pass(500ms);
  EXPECT_EQ(world.issuer.calls, 0);
  StoredGrant newer = stored();
  newer.generation = 2;
  newer.access_token = Secret("access-other");
  world.store.grants["acme"] = newer;
  process.pass(1s);
  EXPECT_EQ(process.access(), "access-other");
  EXPECT_EQ(world.issuer.calls, 0);
}

TEST_F(Rule3Order, PatienceForTheLockEnds) {
  begin();
  world.store.locked = true;
  ASSERT_EQ(process.refused(), Verdict::kWait);
  Caller caller(process.grant);
  process.pass(36s);
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_THAT(process.status().last_error, HasSubstr("lock"));
  EXPECT_EQ(world.issuer.calls, 0);
}

TEST_F(Rule3Order, APairThatCannotBeWrittenIsUsedAndWrittenLater) {
  begin();
  ask_for_refresh();
  world.store.save_fault = "no space left on device";
  source.answer();
  process.settle();
  EXPECT_EQ(process.access(), "access-2");
  EXPECT_FALSE(process.status().stored);
  EXPECT_TRUE(process.keeper->busy());
  EXPECT_TRUE(world.store.locked);
  EXPECT_THAT(process.log(), HasSubstr("store_unwritable"));
  process.pass(10s);
  EXPECT_EQ(process.access(), "access-2");  // the older pair in the store is not taken for news
  world.store.save_fault.clear();
  process.pass(20s);
  EXPECT_TRUE(process.status().stored);
  EXPECT_FALSE(process.keeper->busy());
  EXPECT_FALSE(world.store.locked);
  EXPECT_EQ(stored().access_token.reveal(), "access-2");
  EXPECT_EQ(process.status().last_error, "");
}

TEST_F(Rule3Order, ADiskThatIsFullForLifetimesDoesNotEndTheGrant) {
  begin(10s);
  world.store.save_fault = "no space left on device";
  source.lifetime = 10s;
  for (int tenths = 0; tenths < 600; ++tenths) {
    process.pass(100ms);
    if (source.called()) source.answer();
    process.settle();
    ASSERT_NE(process.standing(), Standing::kUnavailable) << tenths;
  }
  EXPECT_EQ(stored().access_token.reveal(), "access-1");
  EXPECT_GT(world.issuer.issued, 6);
  EXPECT_LT(world.issuer.issued, 10);
  world.store.save_fault.clear();
  for (int tenths = 0; tenths < 100; ++tenths) {
    process.pass(100ms);
    if (source.called()) source.answer();
    process.settle();
  }
  EXPECT_EQ(stored().access_token.reveal(), world.issuer.access);
  EXPECT_TRUE(process.status().stored);
}

TEST_F(Rule3Order, NothingIsUsedUpEarlyWhenTheJournalCannotBeWritten) {
  begin();
  world.store.save_fault = "read-only file system";
  process.pass_long(58min);
  EXPECT_EQ(world.issuer.calls, 0);
  EXPECT_THAT(process.status().last_error, HasSubstr("read-only"));
  process.pass_long(61s);  // at the last safe moment there is no choice
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(Rule3Order, ANewRefreshTokenWithoutAnAccessTokenIsNotThrownAway) {
  begin();
  ask_for_refresh();
  world.issuer.rotate(true);
  TokenAnswer half = source.make_answer();
  half.access_token = Secret();
  half.flaw = "access_token is missing";
  source.give(std::move(half));
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kUnavailable);  // the old one is dead
  EXPECT_THAT(process.status().last_error, HasSubstr("access_token is missing"));
  EXPECT_EQ(process.logged("token_answer_flawed"), 1);
  EXPECT_EQ(stored().refresh_token.reveal(), "refresh-2");
  process.pass(2s);
  ASSERT_TRUE(source.called());
  source.answer();
  process.settle();
  EXPECT_EQ(process.access(), "access-3");
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_EQ(process.status().last_error, "");
}

TEST_F(Rule3Order, ACrashBetweenAnswerAndStoreIsNamedAtTheNextStart) {
  StoredGrant crashed = first_pair(world.clock, 1h);
  crashed.journal = JournalEntry{"refresh begun", world.clock.wall() - 1min};
  world.store.grants["acme"] = crashed;
  world.issuer.rotate(true);  // the answer that nobody has
  process.begin();
  EXPECT_THAT(process.log(), HasSubstr("refresh_interrupted"));
  EXPECT_THAT(process.status().last_error, HasSubstr("postern login --grant acme"));
  process.pass(1s);
  ASSERT_TRUE(source.called());  // the refresh token is tried all the same
  source.answer();
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kRevoked);
  EXPECT_THAT(process.grant.reason(), HasSubstr("lost"));
  EXPECT_THAT(process.grant.reason(), HasSubstr("postern login --grant acme"));
}

TEST_F(Rule3Order, ACrashBeforeTheCallHeals) {
  StoredGrant crashed = first_pair(world.clock, 1h);
  crashed.journal = JournalEntry{"refresh begun", world.clock.wall()};
  world.store.grants["acme"] = crashed;
  process.begin();
  process.pass(1s);
  source.answer();
  process.settle();
  EXPECT_EQ(process.access(), "access-2");
  EXPECT_EQ(process.status().last_error, "");
  EXPECT_FALSE(stored().journal);
}

TEST_F(Rule3Order, AJournalOfAProcessThatIsAtItIsNotACrash) {
  StoredGrant under_way = first_pair(world.clock, 1h);
  under_way.journal = JournalEntry{"refresh begun", world.clock.wall()};
  world.store.grants["acme"] = under_way;
  world.store.locked = true;
  process.begin();
  EXPECT_EQ(process.status().last_error, "");
  EXPECT_EQ(process.logged("refresh_interrupted"), 0);
}

// ---------------------------------------------------------------------------------- 4
// invalid_grant

TEST_F(Rule4InvalidGrantIsNotFinal, IfTheStoreHoldsANewerPairByNow) {
  begin();
  ask_for_refresh();
  StoredGrant newer = stored();  // by somebody who does not know of locks
  newer.generation = 2;
  newer.access_token = Secret("access-other");
  newer.refresh_token = Secret("refresh-other");
  newer.journal.reset();
  world.store.grants["acme"] = newer;
  source.refuse(Kind::kInvalidGrant, "invalid_grant");
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_EQ(process.access(), "access-other");
}

TEST_F(Rule4InvalidGrantIsNotFinal, UntilTheStoreCouldBeReadAgain) {
  begin();
  ask_for_refresh();
  world.store.load_fault = "input/output error";
  source.refuse(Kind::kInvalidGrant, "invalid_grant");
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_THAT(process.status().last_error, HasSubstr("input/output error"));
}

TEST_F(Rule4InvalidGrantIsNotFinal, ButIsWithTheSameRefreshTokenUntilSomebodyLogsIn) {
  begin();
  world.issuer.rotate(true);
  ask_for_refresh();
  Caller caller(process.grant);
  source.answer();
  process.settle();
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(process.standing(), Standing::kRevoked);
  EXPECT_TRUE(process.status().needs_person);
  EXPECT_THAT(process.grant.reason(), HasSubstr("postern login --grant acme"));
  EXPECT_THAT(process.grant.reason(), Not(HasSubstr("lost")));
  process.pass_long(10min);
  EXPECT_EQ(world.issuer.calls, 1);  // Sentry is left alone
  StoredGrant login = first_pair(world.clock, 1h);
  login.generation = 2;
  login.access_token = Secret("access-login");
  world.store.grants["acme"] = login;
  process.pass(2s);
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_FALSE(process.status().needs_person);
  EXPECT_EQ(process.status().last_error, "");
}

TEST_F(Rule4InvalidGrantIsNotFinal, AndALostAnswerIsNamed) {
  begin();
  ask_for_refresh();
  source.lose();
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
  process.pass(2s);
  ASSERT_TRUE(source.called() || process.refused() == Verdict::kWait);
  process.settle();
  source.answer();
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kRevoked);
  EXPECT_THAT(process.grant.reason(), HasSubstr("lost"));
}

TEST_F(Rule4InvalidGrantIsNotFinal, NoOtherFailureIs) {
  for (Kind kind : {Kind::kTransient, Kind::kLost, Kind::kClient}) {
    World other;
    Process one(other);
    other.store.grants["acme"] = first_pair(other.clock, 1h);
    one.begin();
    for (int tries = 0; tries < 20; ++tries) {
      if (!one.source.called()) one.refused("GET /" + std::to_string(tries));
      one.settle();
      if (one.source.called()) one.source.refuse(kind, "odd");
      one.settle();
      EXPECT_EQ(one.standing(), Standing::kGo);
      EXPECT_EQ(one.access(), "access-1");
      EXPECT_THAT(one.status().last_error, HasSubstr("odd"));
      one.pass(3s);
    }
  }
}

}  // namespace
}  // namespace postern::grants::test
