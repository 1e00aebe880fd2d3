// Refreshing by a store on a network, whose locks run out and which may be out of reach.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/keeper_harness.h"
#include "grants/refresh.h"

namespace postern::grants::test {
namespace {

using Kind = RefreshOutcome::Kind;
using Refusal = TokenRefusal::Kind;

struct RefreshLockTest : ::testing::Test {
  World world;
  FakeBackground background;
  FakeTokenSource source{world.issuer, world.clock};
  log::Logger logger{log::Options{}, [](std::string_view) {}};
  GrantOptions grant = acme();
  RefreshOptions options;
  KeeperTools tools{world.clock, world.timers, background,        world.store,
                    &source,     logger,       [] { return 0.5; }};
  StoreJobs jobs{background, world.store, "acme"};
  int saved = 0;
  Refresh refresh{grant, options, tools, jobs, [this] { ++saved; }};
  std::vector<RefreshOutcome> outcomes;
  MemoryStore& store = world.store;

  RefreshLockTest() {
    store.grants["acme"] = first_pair(world.clock, 1h);
    store.lease_time = 35s;
  }

  void start(bool forced = false) { start(first_pair(world.clock, 1h), forced); }
  void start(const StoredGrant& present, bool forced) {
    RefreshRequest request;
    request.present = present;
    request.forced = forced;
    refresh.start(std::move(request),
                  [this](RefreshOutcome outcome) { outcomes.push_back(std::move(outcome)); });
  }
  void pass(Duration time) {
    for (; time > 0s; time -= 100ms) {
      world.timers.advance(100ms);
      background.run();
    }
  }
  StoredGrant& stored() { return store.grants["acme"]; }
  StoredGrant next_pair() {
    StoredGrant next = stored();
    next.generation = 2;
    next.access_token = Secret("access-of-another");
    next.refresh_token = Secret("refresh-of-another");
    next.journal.reset();
    return next;
  }
  int count(std::string_view step) const {
    return static_cast<int>(std::count(store.steps.begin(), store.steps.end(), step));
  }
  std::vector<Kind> kinds() const {
    std::vector<Kind> all;
    for (const RefreshOutcome& outcome : outcomes) all.push_back(outcome.kind);
    return all;
  }
};

TEST_F(RefreshLockTest, TheLockIsRenewedWhileTheCallRuns) {
  start();
  background.run();
  ASSERT_TRUE(source.called());
  pass(5s);
  EXPECT_EQ(count("renew"), 5);
  source.answer();
  background.run();
  EXPECT_FALSE(store.locked);
  pass(5s);
  EXPECT_EQ(count("renew"), 5);
}

TEST_F(RefreshLockTest, ALockThatCouldNotBeRenewedIsSoonTriedAgain) {
  start();
  background.run();
  pass(900ms);
  store.away = true;  // and comes back without the lock, which waits for its owner for a while
  pass(500ms);
  store.away = false;
  const int before = count("renew");
  pass(300ms);
  EXPECT_EQ(count("renew"), before + 1);
}

TEST_F(RefreshLockTest, APairIsSavedThoughTheLockWasLost) {
  start();
  background.run();
  store.lock_lost = true;
  pass(2s);
  source.answer();
  background.run();
  EXPECT_EQ(stored().generation, 2U);
  EXPECT_FALSE(refresh.unsaved());
}

TEST_F(RefreshLockTest, WithoutTheStoreNobodyIsCalled) {
  store.away = true;
  start(true);
  background.run();
  ASSERT_EQ(kinds(), std::vector{Kind::kStoreTold});
  EXPECT_EQ(outcomes[0].why, "the store is away");
  EXPECT_FALSE(source.called());
}

TEST_F(RefreshLockTest, OneThatMayRefreshAloneDoesSoWhenItMustAndSavesLater) {
  tools.may_refresh_alone = true;
  store.away = true;
  start();
  background.run();
  EXPECT_EQ(kinds(), std::vector{Kind::kStoreTold});
  start(true);
  background.run();
  ASSERT_TRUE(source.called());
  source.answer();
  background.run();
  ASSERT_TRUE(refresh.unsaved());
  store.away = false;
  pass(3s);
  EXPECT_FALSE(refresh.unsaved());
  EXPECT_EQ(stored().generation, 2U);
  EXPECT_EQ(saved, 1);
}

TEST_F(RefreshLockTest, AloneIsNotWithALockThatAnotherHolds) {
  tools.may_refresh_alone = true;
  store.lock_fault = "in use for something else";
  start(true);
  background.run();
  EXPECT_EQ(kinds(), std::vector{Kind::kStoreTold});
}

TEST_F(RefreshLockTest, WithoutAJournalItIsCalledOnlyUnderASureLock) {
  store.save_fault = "out of memory";
  start(true);
  background.run();
  EXPECT_TRUE(source.called());
}

TEST_F(RefreshLockTest, WithoutAJournalAndALockNobodyIsCalled) {
  store.lock_lost = true;  // between taking it and writing
  start(true);
  background.run();
  EXPECT_EQ(kinds(), std::vector{Kind::kStoreTold});
  EXPECT_FALSE(source.called());
}

TEST_F(RefreshLockTest, NobodyIsCalledForAPairThatWasOvertakenBeforeItsJournal) {
  start(true);
  background.run_one();
  stored() = next_pair();
  store.save_fault = "another process has written";
  background.run();
  EXPECT_EQ(kinds(), std::vector{Kind::kOther});
  EXPECT_FALSE(source.called());
}

TEST_F(RefreshLockTest, AJournalThatItsReplicasDoNotHaveIsWrittenAnewAndNoAnswerIsMissed) {
  store.late_fault = "on 0 of the 1 replicas";
  for (int i = 0; i < 2; ++i) {
    start();
    background.run();
  }
  EXPECT_EQ(kinds(), (std::vector{Kind::kDeferred, Kind::kDeferred}));
  EXPECT_FALSE(source.called());
  ASSERT_TRUE(stored().journal);
  EXPECT_FALSE(outcomes.back().lost);
  store.late_fault.clear();
  world.clock.advance(10s);
  start();
  background.run();
  EXPECT_TRUE(source.called());
  EXPECT_EQ(count("journal"), 3);
  source.refuse(Refusal::kLost, "it broke off");
  background.run();
  start();
  background.run();
  source.refuse(Refusal::kTransient, "busy");
  background.run();
  EXPECT_TRUE(outcomes.back().lost) << "now there was a call";
}

TEST_F(RefreshLockTest, AJournalOfOneWhoIsGoneIsWrittenAnewAndKeepsItsTime) {
  const WallTime begun = world.clock.wall();
  stored().journal = JournalEntry{"refresh begun", begun};
  store.late_fault = "on 0 of the 1 replicas";
  for (int i = 0; i < 2; ++i) {
    world.clock.advance(10s);
    start();
    background.run();
  }
  EXPECT_EQ(kinds(), (std::vector{Kind::kDeferred, Kind::kDeferred}));
  EXPECT_TRUE(outcomes.back().lost);
  ASSERT_TRUE(stored().journal);
  EXPECT_EQ(stored().journal->at, begun);
}

TEST_F(RefreshLockTest, NoCallIsBegunThatTheLockMayNotOutlast) {
  start();
  background.run_one();
  // The journal is under way, and its answer takes long.
  world.clock.advance(6s);
  background.run_one();
  EXPECT_FALSE(source.called());
  background.run();
  EXPECT_TRUE(source.called());
  EXPECT_EQ(count("renew"), 1);
}

TEST_F(RefreshLockTest, InvalidGrantIsDoubtedForAWhile) {
  start();
  background.run();
  source.refuse(Refusal::kInvalidGrant, "invalid_grant");
  pass(9s);
  EXPECT_TRUE(outcomes.empty());
  pass(2s);
  ASSERT_EQ(kinds(), std::vector{Kind::kRefused});
  EXPECT_EQ(outcomes[0].refusal.kind, Refusal::kInvalidGrant);
  EXPECT_FALSE(store.locked);
}

TEST_F(RefreshLockTest, WhoWasCutOffComesBackWithThePair) {
  stored().journal = JournalEntry{"refresh begun", world.clock.wall()};
  start();
  background.run();
  source.refuse(Refusal::kInvalidGrant, "invalid_grant");
  pass(3s);
  stored() = next_pair();
  pass(1s);
  ASSERT_EQ(kinds(), std::vector{Kind::kOther});
  EXPECT_EQ((*outcomes[0].loaded)->generation, 2U);
}

TEST_F(RefreshLockTest, WhoWaitsLooksAtOnceWhenToldTo) {
  store.locked = true;
  start();
  pass(3s);
  stored() = next_pair();
  const size_t before = store.steps.size();
  refresh.hurry();
  world.timers.advance(0s);
  background.run();
  EXPECT_GT(store.steps.size(), before);
  EXPECT_EQ(kinds(), std::vector{Kind::kOther});
}

TEST_F(RefreshLockTest, APairThatSomebodyHasOvertakenIsNotTriedForEver) {
  start(true);
  background.run();
  store.save_fault = "out of memory";
  source.answer();
  background.run();
  ASSERT_TRUE(refresh.unsaved());
  StoredGrant later = next_pair();
  later.generation = 3;
  stored() = later;
  pass(3s);
  EXPECT_FALSE(refresh.unsaved());
  EXPECT_FALSE(store.locked);
  EXPECT_EQ(stored().generation, 3U);
}

TEST_F(RefreshLockTest, APairOfAGrantThatWasForgottenIsNotTriedForEver) {
  start(true);
  background.run();
  store.save_fault = "another process has written";
  source.answer();
  background.run();
  ASSERT_TRUE(refresh.unsaved());
  store.grants.clear();
  store.forgotten = true;
  pass(3s);
  EXPECT_FALSE(refresh.unsaved());
  EXPECT_FALSE(store.locked);
  EXPECT_EQ(saved, 0);
}

TEST_F(RefreshLockTest, TheFirstPairGetsTheGenerationThatTheStoreAsksFor) {
  store.grants.clear();
  store.first = 1'700'000'000;
  source.always = true;
  source.single_use = false;
  start(StoredGrant(), true);
  background.run();
  source.answer();
  background.run();
  EXPECT_EQ(stored().generation, 1'700'000'000U);
}

}  // namespace
}  // namespace postern::grants::test
