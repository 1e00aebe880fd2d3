#include "grants/refresh.h"

#include <gtest/gtest.h>

#include "grants/keeper_harness.h"

namespace postern::grants::test {
namespace {

using Kind = RefreshOutcome::Kind;

struct RefreshTest : ::testing::Test {
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
  std::unique_ptr<Refresh> refresh =
      std::make_unique<Refresh>(grant, options, tools, jobs, [this] { ++saved; });
  std::vector<RefreshOutcome> outcomes;

  RefreshTest() { world.store.grants["acme"] = first_pair(world.clock, 1h); }

  void start(const StoredGrant& present, bool forced = false) {
    RefreshRequest request;
    request.present = present;
    request.forced = forced;
    refresh->start(std::move(request),
                   [this](RefreshOutcome outcome) { outcomes.push_back(std::move(outcome)); });
  }
  StoredGrant& stored() { return world.store.grants["acme"]; }
};

TEST_F(RefreshTest, ObtainsTheNextGeneration) {
  start(stored());
  EXPECT_TRUE(outcomes.empty());
  background.run();
  source.answer();
  background.run();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::kObtained);
  EXPECT_EQ(outcomes[0].stored.generation, 2U);
  EXPECT_EQ(*outcomes[0].lifetime, 1h);
  EXPECT_FALSE(refresh->busy());
  EXPECT_FALSE(world.store.locked);
}

TEST_F(RefreshTest, IsDeferredWhenItCanWaitAndTheStoreCannotBeWritten) {
  world.store.save_fault = "full";
  start(stored());
  background.run();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::kDeferred);
  EXPECT_EQ(outcomes[0].why, "full");
  EXPECT_FALSE(world.store.locked);
}

TEST_F(RefreshTest, ThatHasBecomeUrgentGoesOnWithoutAJournal) {
  world.store.save_fault = "full";
  start(stored());
  refresh->force();
  background.run();
  EXPECT_TRUE(source.called());
}

TEST_F(RefreshTest, AnUnsavedPairIsTheBaseOfTheNextAndSavedWithIt) {
  start(stored(), true);
  background.run();
  world.store.save_fault = "full";
  source.answer();
  background.run();
  ASSERT_TRUE(refresh->unsaved());
  EXPECT_EQ(refresh->unsaved_why(), "full");
  start(outcomes[0].stored, true);
  background.run();
  ASSERT_TRUE(source.called());
  EXPECT_EQ(source.sent_refresh, "refresh-2");
  world.store.save_fault.clear();
  source.answer();
  background.run();
  EXPECT_FALSE(refresh->unsaved());
  EXPECT_EQ(saved, 1);
  EXPECT_EQ(stored().generation, 3U);
  EXPECT_FALSE(world.store.locked);
}

TEST_F(RefreshTest, AJournalThatNobodyEndedTellsThatAnAnswerMayBeLost) {
  stored().journal = JournalEntry{"refresh begun", world.clock.wall() - 1h};
  start(stored());
  background.run();
  source.refuse(TokenRefusal::Kind::kInvalidGrant, "invalid_grant");
  background.run();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_TRUE(outcomes[0].lost);
  EXPECT_EQ(*outcomes[0].lost_at, world.clock.wall() - 1h);
  EXPECT_TRUE(stored().journal);  // for whoever starts next
}

TEST_F(RefreshTest, AnAnswerCountsItsLifetimeFromItsSendingWhateverItsClockSays) {
  start(stored());
  background.run();
  world.clock.advance(10s);
  TokenAnswer answer = source.make_answer();
  answer.access_token = Secret("access-2");
  answer.expires_at = world.clock.wall() + 24h * 365 * 100;
  source.give(std::move(answer));
  background.run();
  EXPECT_EQ(*outcomes[0].lifetime, 1h);
  EXPECT_EQ(*stored().expires_at, world.clock.wall() - 10s + 1h);
}

TEST_F(RefreshTest, ARefreshTokenAloneIsStoredBesideTheDeadAccessToken) {
  start(stored());
  background.run();
  TokenAnswer half;
  half.refresh_token = Secret("refresh-2");
  half.lifetime = 1h;
  half.flaw = "access_token is missing";
  half.sent_at = world.clock.now();
  source.give(std::move(half));
  background.run();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::kObtained);
  EXPECT_EQ(*outcomes[0].lifetime, 0s);
  EXPECT_EQ(outcomes[0].why.find("access_token is missing"), 0U);
  EXPECT_EQ(stored().refresh_token.reveal(), "refresh-2");
  EXPECT_EQ(stored().access_token.reveal(), "access-1");
  EXPECT_EQ(*stored().expires_at, world.clock.wall());
  EXPECT_FALSE(stored().journal);
}

TEST_F(RefreshTest, ALifetimeIsCutToTenYears) {
  start(stored());
  background.run();
  source.lifetime = Duration::max();
  source.give(source.make_answer());
  background.run();
  EXPECT_LT(*outcomes[0].lifetime, 24h * 366 * 10);
}

TEST_F(RefreshTest, DestroyingItCancelsTheCall) {
  start(stored());
  background.run();
  refresh.reset();
  EXPECT_EQ(source.cancelled, 1);
  EXPECT_TRUE(outcomes.empty());
}

}  // namespace
}  // namespace postern::grants::test
