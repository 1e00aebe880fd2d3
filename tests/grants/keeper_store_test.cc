// What a keeper makes of its store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/keeper_harness.h"

namespace postern::grants::test {
namespace {

using ::testing::HasSubstr;

struct KeeperStore : ::testing::Test {
  World world;
  Process process{world};

  void put(uint64_t generation, const std::string& access) {
    StoredGrant stored = first_pair(world.clock, 1h);
    stored.generation = generation;
    stored.access_token = Secret(access);
    world.store.grants["acme"] = stored;
  }
};

TEST_F(KeeperStore, ALoginIsAdoptedWithinASecond) {
  process.begin();
  EXPECT_EQ(process.grant.state(), GrantState::kMissing);
  EXPECT_TRUE(process.status().needs_person);
  EXPECT_THAT(process.log(), HasSubstr("grant_missing"));
  put(1, "access-login");
  process.pass(1s);
  EXPECT_EQ(process.access(), "access-login");
  EXPECT_EQ(process.grant.organization_id(), "42");
  EXPECT_EQ(process.grant.holder(), "user 7");
  EXPECT_EQ(process.status().last_error, "");
  EXPECT_THAT(process.log(), HasSubstr("grant_ready"));
}

TEST_F(KeeperStore, EachThingIsSaidOnce) {
  put(1, "access-1");
  process.begin();
  process.pass(5s);
  EXPECT_EQ(process.logged("grant_ready"), 1);
  world.store.load_fault = "no permission";
  process.pass(5s);
  EXPECT_EQ(process.logged("store_unreadable"), 1);
  EXPECT_THAT(process.status().last_error, HasSubstr("no permission; correct that, or"));
  EXPECT_EQ(process.standing(), Standing::kGo);  // a grant is never lost to a bad disk
  world.store.load_fault.clear();
  world.store.grants.clear();
  process.pass(5s);
  EXPECT_EQ(process.logged("grant_missing"), 1);
  EXPECT_EQ(process.standing(), Standing::kMissing);
  put(1, "access-1");
  world.store.grants["acme"].sentry = "https://elsewhere.test";
  process.pass(5s);
  EXPECT_EQ(process.logged("grant_foreign"), 1);
  EXPECT_EQ(process.standing(), Standing::kMissing);
}

TEST_F(KeeperStore, OneThatIsOutOfReachNeedsNoPerson) {
  put(1, "access-1");
  process.begin();
  world.store.away = true;
  process.pass(5s);
  EXPECT_EQ(process.logged("store_unreachable"), 1);
  EXPECT_EQ(process.status().last_error, "the store is away");
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_TRUE(process.status().usable);
  world.store.away = false;
  process.pass(1s);
  EXPECT_EQ(process.status().last_error, "");
}

TEST_F(KeeperStore, OneThatIsOutOfReachFromTheStartNeedsNoPersonEither) {
  world.store.away = true;
  process.begin();
  EXPECT_EQ(process.grant.state(), GrantState::kUnknown);
  EXPECT_FALSE(process.status().needs_person);
  EXPECT_FALSE(process.status().usable);
  EXPECT_EQ(process.standing(), Standing::kUnavailable);
  EXPECT_EQ(process.grant.reason(), "the store is away");
  EXPECT_EQ(process.grant.next_try(), world.clock.now() + 1s) << "requests may wait for it";
  world.store.away = false;
  process.pass(1s);
  EXPECT_EQ(process.grant.state(), GrantState::kMissing);
  EXPECT_TRUE(process.status().needs_person);
  world.store.away = true;
  process.pass(2s);
  EXPECT_EQ(process.grant.state(), GrantState::kUnknown) << "somebody may log in meanwhile";
  put(1, "access-1");
  world.store.away = false;
  process.pass(1s);
  EXPECT_EQ(process.standing(), Standing::kGo);
}

TEST_F(KeeperStore, OneThatIsOutOfReachIsLookedAtEachSecond) {
  put(1, "access-1");
  world.store.look = 5s;
  world.store.away = true;
  process.begin();
  world.store.away = false;
  process.pass(1s);
  EXPECT_EQ(process.access(), "access-1");
  put(2, "access-2");
  process.pass(4s);
  EXPECT_EQ(process.access(), "access-1");
  process.pass(1s);
  EXPECT_EQ(process.access(), "access-2");
  world.store.away = true;
  process.keeper->look();  // somebody has written
  process.settle();
  world.store.away = false;
  put(3, "access-3");
  process.pass(1s);
  EXPECT_EQ(process.access(), "access-3");
}

TEST_F(KeeperStore, ARefreshThatWaitsForItIsMadeWhenItIsBack) {
  put(1, "access-1");
  world.store.lease_time = 35s;
  process.begin();
  world.store.away = true;
  for (int failures = 0; failures < 8; ++failures) {
    process.refused("GET /" + std::to_string(failures));
    process.pass_long(2min);
  }
  EXPECT_EQ(world.issuer.calls, 0);
  world.store.away = false;
  process.pass(2s);
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(KeeperStore, AMissingTokenSaysWhatIsWrongWithTheStoredOne) {
  world.store.load_fault = "no permission";
  process.begin();
  EXPECT_EQ(process.standing(), Standing::kMissing);
  EXPECT_EQ(process.grant.reason(), "no permission");
  world.store.load_fault.clear();
  process.pass(2s);
  EXPECT_EQ(process.grant.reason(), "");
  put(1, "access-1");
  world.store.grants["acme"].sentry = "https://elsewhere.test";
  process.pass(2s);
  EXPECT_THAT(process.grant.reason(), HasSubstr("elsewhere.test"));
  put(2, "access-2");
  process.pass(2s);
  EXPECT_EQ(process.standing(), Standing::kGo);
}

TEST_F(KeeperStore, ABackupThatWasPutBackIsNoticed) {
  put(5, "access-5");
  process.begin();
  put(3, "access-3");
  process.pass(1s);
  EXPECT_EQ(process.access(), "access-3");
  put(3, "access-other");
  process.pass(1s);
  EXPECT_EQ(process.access(), "access-other");
}

TEST_F(KeeperStore, AClockThatIsAheadIsNamed) {
  process.begin();
  world.clock.set_wall_by(29s);
  put(1, "access-1");
  world.clock.set_wall_by(-29s);
  process.pass(1s);
  EXPECT_EQ(process.logged("clock_differs"), 0);
  world.clock.set_wall_by(5min);
  put(2, "access-2");
  world.clock.set_wall_by(-5min);
  process.pass(5s);
  EXPECT_EQ(process.access(), "access-2");
  EXPECT_EQ(process.logged("clock_differs"), 1);
  EXPECT_THAT(process.log(), HasSubstr("generation 2 was stored some 5 minutes in the future"));
}

TEST_F(KeeperStore, TheSameTokenIsNotMadeAgain) {
  put(1, "access-1");
  process.begin();
  auto before = process.grant.token();
  world.clock.set_wall_by(3h);
  world.store.grants["acme"].user.name = "Jane Doe";
  process.pass(3s);
  EXPECT_EQ(process.grant.token(), before);
  EXPECT_EQ(process.status().user.name, "Jane Doe");
}

TEST_F(KeeperStore, AStoredTokenThatHasExpiredIsRefreshedAtTheStart) {
  world.store.grants["acme"] = first_pair(world.clock, 1h);
  world.clock.advance(2h);
  process.begin();
  process.pass(1s);
  EXPECT_EQ(world.issuer.calls, 1);
}

TEST_F(KeeperStore, AKeeperThatGoesCancelsItsCallAndHearsNothingMore) {
  put(1, "access-1");
  process.begin();
  process.refused();
  process.settle();
  ASSERT_TRUE(process.source.called());
  world.timers.advance(1s);  // a reading of the store is under way
  process.keeper.reset();
  EXPECT_EQ(process.source.cancelled, 1);
  process.settle();
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_FALSE(world.store.locked);
}

TEST_F(KeeperStore, WithoutTheLockThereIsNoRefresh) {
  put(1, "access-1");
  process.begin();
  world.store.lock_fault = "read-only file system";
  process.refused();
  process.settle();
  EXPECT_EQ(world.issuer.calls, 0);
  EXPECT_EQ(process.standing(), Standing::kGo);
  EXPECT_THAT(process.status().last_error, HasSubstr("read-only file system"));
}

TEST_F(KeeperStore, AStoreThatTurnsForeignWhileARequestWaitsLeavesNobodyWaiting) {
  put(1, "access-1");
  process.begin();
  world.store.grants["acme"].sentry = "https://elsewhere.test";
  process.refused();
  Caller caller(process.grant);
  world.store.grants["acme"].generation = 9;
  process.settle();
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(process.standing(), Standing::kMissing);
  EXPECT_EQ(world.issuer.calls, 0);
}

TEST_F(KeeperStore, ARequestMakesAnEarlyRefreshUrgent) {
  put(1, "access-1");
  process.begin();
  world.store.save_fault = "full";
  world.store.locked = true;
  process.pass_long(54min + 1s);  // due, and waiting for the lock
  EXPECT_EQ(process.refused(), Verdict::kWait);
  world.store.locked = false;
  process.pass(1s);
  EXPECT_TRUE(process.source.called());
}

TEST_F(KeeperStore, NewsThatComesDuringATryForTheLockIsNotMissed) {
  put(1, "access-1");
  world.store.lease_time = 35s;
  process.begin();
  world.store.locked = true;  // by one who refreshes
  process.refused();
  process.keeper->look();        // it has stored a new pair
  process.background.run_one();  // the try, which came too early
  put(2, "access-2");
  process.background.run_one();
  world.timers.advance(0s);
  process.settle();
  EXPECT_EQ(process.access(), "access-2");
}

TEST_F(KeeperStore, AFloodOfNewsCostsOneReadAndOneToFollow) {
  put(1, "access-1");
  process.begin();
  world.store.steps.clear();
  for (int i = 0; i < 1000; ++i) process.keeper->look();
  process.background.run_one();
  for (int i = 0; i < 1000; ++i) process.keeper->look();
  process.settle();
  EXPECT_EQ(world.store.steps, (std::vector<std::string>{"load", "load", "load"}));
}

TEST_F(KeeperStore, WhoAsksDuringAReadIsToldAfterTheNext) {
  put(1, "access-1");
  process.begin();
  std::vector<std::string> told;
  const auto tell = [&] { told.push_back(process.access()); };
  process.keeper->look(tell);
  process.keeper->look(tell);
  process.keeper->look(tell);
  process.background.run_one();
  EXPECT_EQ(told, (std::vector<std::string>{"access-1"}));
  put(2, "access-2");
  process.settle();
  EXPECT_EQ(told, (std::vector<std::string>{"access-1", "access-2", "access-2"}));
}

TEST_F(KeeperStore, WhoIsToldMayAskAgain) {
  put(1, "access-1");
  process.begin();
  int told = 0;
  process.keeper->look([&] { process.keeper->look([&] { ++told; }); });
  process.settle();
  EXPECT_EQ(told, 1);
}

TEST_F(KeeperStore, AForeignTokenThatTurnsUpDuringAFirstRefreshLeavesNobodyWaiting) {
  process.source.always = true;
  process.begin();
  ASSERT_EQ(process.standing(), Standing::kWait);
  Caller caller(process.grant);
  put(1, "access-1");
  world.store.grants["acme"].sentry = "https://elsewhere.test";
  process.settle();
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(process.standing(), Standing::kMissing);
  EXPECT_TRUE(process.status().needs_person);
}

}  // namespace
}  // namespace postern::grants::test
