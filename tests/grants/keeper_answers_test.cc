// What a keeper makes of the kinds of grant, and of the endpoint's odd answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/keeper_harness.h"

namespace postern::grants::test {
namespace {

using ::testing::HasSubstr;

struct KeeperAnswers : ::testing::Test {
  World world;
  Process process{world};

  void put(uint64_t generation, const std::string& access) {
    StoredGrant stored = first_pair(world.clock, 1h);
    stored.generation = generation;
    stored.access_token = Secret(access);
    world.store.grants["acme"] = stored;
  }
};

// --------------------------------------------------------------------------------- kinds of grant

TEST_F(KeeperAnswers, AStaticTokenThatIsRefusedNeedsAPersonUntilItChanges) {
  Process fixed(world, false);
  put(1, "access-1");
  fixed.begin();
  EXPECT_EQ(fixed.refused(), Verdict::kRevoked);
  EXPECT_THAT(fixed.grant.reason(), HasSubstr("needs a person"));
  EXPECT_TRUE(fixed.status().needs_person);
  fixed.pass(5s);
  EXPECT_EQ(fixed.standing(), Standing::kRevoked);
  put(2, "access-2");
  fixed.pass(1s);
  EXPECT_EQ(fixed.standing(), Standing::kGo);
}

TEST_F(KeeperAnswers, AnExpiredTokenWithoutARefreshTokenNeedsAPerson) {
  put(1, "access-1");
  world.store.grants["acme"].refresh_token = Secret();
  process.begin();
  EXPECT_FALSE(process.status().needs_person);
  process.pass_long(61min);
  EXPECT_EQ(world.issuer.calls, 0);
  EXPECT_TRUE(process.status().needs_person);  // before any request has found out
  EXPECT_EQ(process.standing(), Standing::kRevoked);
}

TEST_F(KeeperAnswers, AnInstallationObtainsItsFirstTokenByItself) {
  process.source.always = true;
  process.source.single_use = false;
  process.begin();
  EXPECT_FALSE(process.status().needs_person);
  EXPECT_EQ(process.standing(), Standing::kWait);
  process.settle();
  process.source.answer();
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_EQ(world.store.grants["acme"].generation, 1U);
  EXPECT_EQ(world.store.grants["acme"].organization.slug, "acme");
}

TEST_F(KeeperAnswers, AFirstTokenThatIsRefusedIsTriedAgainWithBackoff) {
  process.source.always = true;
  process.begin();
  for (int tenths = 0; tenths < 600; ++tenths) {
    process.pass(100ms);
    if (process.source.called()) process.source.refuse(TokenRefusal::Kind::kTransient, "not today");
    process.settle();
  }
  EXPECT_EQ(process.standing(), Standing::kUnavailable);
  EXPECT_GE(world.issuer.calls, 5);
  EXPECT_LE(world.issuer.calls, 9);
}

TEST_F(KeeperAnswers, WhatIsNotUsedUpNeedsNoJournal) {
  put(1, "access-1");
  process.source.single_use = false;
  process.begin();
  process.refused();
  process.settle();
  ASSERT_TRUE(process.source.called());
  EXPECT_FALSE(world.store.grants["acme"].journal);
}

// ----------------------------------------------------------------------------------- odd answers

TEST_F(KeeperAnswers, ARefreshedTokenOfAnotherUserIsNotUsed) {
  put(1, "access-1");
  process.begin();
  process.refused();
  process.settle();
  world.issuer.rotate(true);
  TokenAnswer answer = process.source.make_answer();
  answer.user.id = "8";
  process.source.give(std::move(answer));
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kRevoked);
  EXPECT_THAT(process.grant.reason(), HasSubstr("user 8"));
}

TEST_F(KeeperAnswers, RetryAfterIsHonouredAndNonsenseIsCut) {
  put(1, "access-1");
  process.begin();
  process.refused();
  process.settle();
  process.source.refuse(TokenRefusal::Kind::kTransient, "429", 24h * 365);
  process.settle();
  process.pass_long(59min);
  EXPECT_EQ(world.issuer.calls, 1);
  process.pass_long(2min);
  EXPECT_EQ(world.issuer.calls, 2);
}

TEST_F(KeeperAnswers, AJournalOfARefreshThatWasNotProcessedIsTakenBack) {
  put(1, "access-1");
  process.begin();
  process.refused();
  process.settle();
  ASSERT_TRUE(world.store.grants["acme"].journal);
  process.source.refuse(TokenRefusal::Kind::kTransient, "503");
  process.settle();
  EXPECT_FALSE(world.store.grants["acme"].journal);
  EXPECT_FALSE(world.store.locked);
}

TEST_F(KeeperAnswers, FailuresBeforeTheEndLeaveOneTryForTheLastSafeMoment) {
  put(1, "access-1");
  process.options.backoff_max = 1h;
  process.begin();
  int called_late = 0;
  for (int second = 0; second < 3600; ++second) {
    process.pass_long(1s);
    if (!process.source.called()) continue;
    if (second >= 3538) ++called_late;
    process.source.refuse(TokenRefusal::Kind::kTransient, "503");
    process.settle();
  }
  EXPECT_GE(called_late, 1);
}

TEST_F(KeeperAnswers, StatusTellsWhatIsKnown) {
  put(1, "access-1");
  process.begin();
  KeeperStatus status = process.status();
  EXPECT_EQ(status.state, GrantState::kFresh);
  EXPECT_EQ(status.generation, 1U);
  EXPECT_EQ(status.organization.id, "42");
  EXPECT_EQ(status.user.name, "Jane");
  EXPECT_EQ(status.where, "memory/acme");
  EXPECT_EQ(*status.expires_at, world.clock.wall() + 1h);
  EXPECT_EQ(*status.next_refresh, world.clock.wall() + 54min);
  EXPECT_TRUE(status.stored);
  EXPECT_FALSE(status.needs_person);
}

}  // namespace
}  // namespace postern::grants::test
