#include "grants/keeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_clock.h"
#include "support/memory_store.h"

namespace postern::grants {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class KeepTest : public ::testing::Test {
 protected:
  KeepTest() {
    grant_.name = "main";
    grant_.organization = "acme";
    grant_.sentry_url = "https://sentry.test";
  }
  TokenAnswer answer(const std::string& token, const std::string& user = "7") {
    TokenAnswer made;
    made.access_token = Secret(token);
    made.user.id = user;
    made.organization_id = "17";
    return made;
  }
  Result<StoredGrant, NotKept> put(TokenAnswer answer, bool replace = false) {
    return keep(store_, grant_, answer, replace, tools_);
  }
  void sleep(Duration pause) {
    clock_.advance(pause);
    if (on_sleep_) on_sleep_();
  }
  StoredGrant& stored() { return store_.grants["main"]; }

  GrantOptions grant_;
  postern::test::MemoryStore store_;
  postern::test::FakeClock clock_;
  std::function<void()> on_sleep_;
  std::vector<std::string> told_;
  KeepingTools tools_{clock_, [this](Duration pause) { sleep(pause); },
                      [this](const std::string& why) { told_.push_back(why); }};
};

TEST_F(KeepTest, StoresUnderTheGrantsNameWithWhatTheAnswerDoesNotSay) {
  auto kept = put(answer("a"));
  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_EQ(stored().generation, 1U);
  EXPECT_EQ(stored().access_token.reveal(), "a");
  EXPECT_EQ(stored().sentry, "https://sentry.test");
  EXPECT_EQ(stored().organization.slug, "acme");
  EXPECT_EQ(stored().organization.id, "17");
  EXPECT_EQ(stored().kind, "oauth");
  EXPECT_EQ(stored().obtained_at, clock_.wall());
  EXPECT_FALSE(store_.locked);
}

TEST_F(KeepTest, ReadsAndWritesUnderTheLock) {
  ASSERT_TRUE(put(answer("a")));
  EXPECT_THAT(store_.steps, ::testing::ElementsAre("lock", "load", "save", "unlock"));
}

TEST_F(KeepTest, TheNextOneIsNewerAndLeavesNothingOfTheFirst) {
  TokenAnswer first = answer("a");
  first.refresh_token = Secret("r");
  ASSERT_TRUE(put(std::move(first)));
  ASSERT_TRUE(put(answer("b")));
  EXPECT_EQ(stored().generation, 2U);
  EXPECT_TRUE(stored().refresh_token.empty());
}

TEST_F(KeepTest, AnotherHolderMustBeMeant) {
  ASSERT_TRUE(put(answer("a")));
  auto other_user = put(answer("b", "8"));
  ASSERT_FALSE(other_user);
  EXPECT_TRUE(other_user.error().is_taken);
  TokenAnswer elsewhere = answer("b");
  elsewhere.organization_id = "18";
  EXPECT_FALSE(put(std::move(elsewhere)));
  grant_.sentry_url = "https://other.test";
  EXPECT_FALSE(put(answer("b")));
  EXPECT_EQ(stored().access_token.reveal(), "a");
  EXPECT_TRUE(put(answer("b", "8"), true));
  EXPECT_EQ(stored().access_token.reveal(), "b");
  EXPECT_EQ(stored().generation, 2U);
}

TEST_F(KeepTest, WhatCannotBeReadIsReplacedOnlyWhenMeantAndByWhatIsNewer) {
  store_.load_fault = "it is sealed";
  auto kept = put(answer("a"));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().what, "it is sealed");
  EXPECT_TRUE(kept.error().is_taken);
  ASSERT_TRUE(put(answer("a"), true));
  EXPECT_GT(stored().generation, 1000000U) << "than any count of refreshes";
}

TEST_F(KeepTest, NothingIsStoredThatCouldNotBeReadAgain) {
  store_.grants["main"].sentry = grant_.sentry_url;
  store_.grants["main"].generation = StoredGrant::kMostGeneration;
  EXPECT_THAT(check_place(store_, grant_, true).error().what, HasSubstr("highest generation"));
  const auto kept = put(answer("a"), true);
  ASSERT_FALSE(kept);
  EXPECT_FALSE(kept.error().is_taken);
  EXPECT_THAT(kept.error().what, HasSubstr("memory/main is of the highest generation"));
  --store_.grants["main"].generation;
  EXPECT_TRUE(put(answer("a"), true));
}

TEST_F(KeepTest, AStoreOutOfReachIsNotHelpedByReplacing) {
  store_.away = true;
  const auto free = check_place(store_, grant_, true);
  ASSERT_FALSE(free);
  EXPECT_FALSE(free.error().is_taken);
  EXPECT_EQ(free.error().what, "the store is away");
}

TEST_F(KeepTest, TheGenerationIsAtLeastWhatTheStoreAsksFor) {
  store_.first = 100;
  ASSERT_TRUE(put(answer("a")));
  EXPECT_EQ(stored().generation, 100U);
  ASSERT_TRUE(put(answer("b")));
  EXPECT_EQ(stored().generation, 101U);
}

TEST_F(KeepTest, FaultsOfTheStoreAreErrorsWithoutTheToken) {
  store_.save_fault = "no space left";
  auto kept = put(answer("canary"));
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().what, StartsWith("no space left; it is not known to be stored"));
  EXPECT_FALSE(kept.error().is_taken);
  store_.lock_fault = "cannot lock";
  kept = put(answer("canary"));
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().what, StartsWith("cannot lock; it is not known to be stored"));
}

// ---- what was obtained is not given up because a store is away for a moment

TEST_F(KeepTest, AStoreThatIsAwayIsWaitedFor) {
  store_.away = true;
  const Instant begun = clock_.now();
  on_sleep_ = [&] { store_.away = clock_.now() < begun + 20s; };
  auto kept = put(answer("a"));
  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_EQ(stored().access_token.reveal(), "a");
  EXPECT_EQ(stored().obtained_at, clock_.wall() - 20s) << "its lifetime has begun";
  EXPECT_THAT(told_, ::testing::ElementsAre("the store is away; trying again for 40s"));
}

TEST_F(KeepTest, AStoreThatGoesAwayBetweenLockAndWriteIsWaitedFor) {
  store_.on_step = [&](const std::string& step) { store_.away |= step == "save" && told_.empty(); };
  on_sleep_ = [&] { store_.away = false; };
  ASSERT_TRUE(put(answer("a")));
  EXPECT_EQ(stored().generation, 1U);
  EXPECT_EQ(told_.size(), 1U);
  EXPECT_FALSE(store_.locked);
}

TEST_F(KeepTest, WhatWasWrittenThoughItsAnswerGotLostIsNotWrittenAgain) {
  for (const uint64_t refreshes : {0U, 1U}) {
    store_.grants.clear();
    told_.clear();
    store_.on_step = [&](const std::string& step) {
      store_.away |= step == "save" && told_.empty();
    };
    on_sleep_ = [&] {
      store_.away = false;
      stored().generation = 1 + refreshes;
      stored().access_token = Secret(refreshes == 0 ? "a" : "of-a-refresh-since");
    };
    store_.steps.clear();
    auto kept = put(answer("a"));
    ASSERT_TRUE(kept) << kept.error().what;
    EXPECT_EQ(kept->generation, 1 + refreshes);
    EXPECT_EQ(std::count(store_.steps.begin(), store_.steps.end(), "save"), 1);
  }
}

TEST_F(KeepTest, WhatIsToHandIsNotWaitedFor) {
  store_.away = true;
  tools_.is_to_hand = true;
  const Instant begun = clock_.now();
  EXPECT_FALSE(put(answer("a")));
  EXPECT_EQ(clock_.now(), begun);
}

TEST_F(KeepTest, AStoreThatStaysAwayIsGivenUpAtLast) {
  store_.away = true;
  const Instant begun = clock_.now();
  auto kept = put(answer("a"));
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().what, StartsWith("the store is away; it is not known to be stored"));
  EXPECT_FALSE(kept.error().is_taken);
  EXPECT_EQ(clock_.now() - begun, 40s);
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(KeepTest, AConsentThatIsLostIsSaidToBe) {
  store_.away = true;
  EXPECT_THAT(put(answer("a")).error().what, HasSubstr("the consent at Sentry is used up"));
  tools_.is_to_hand = true;
  EXPECT_EQ(put(answer("a")).error().what, "the store is away");
}

TEST_F(KeepTest, ALockThatNobodyRenewsIsWaitedFor) {
  store_.locked = true;
  store_.lease_time = 60s;
  const Instant begun = clock_.now();
  on_sleep_ = [&] { store_.locked = store_.locked && clock_.now() < begun + 60s; };
  EXPECT_TRUE(put(answer("a")));
}

TEST_F(KeepTest, SomebodyElsesLockIsAnErrorAtLast) {
  store_.locked = true;
  const Instant begun = clock_.now();
  auto lock = wait_for_lock(store_, "main", tools_);
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().what, HasSubstr("another process is busy with the grant main"));
  EXPECT_EQ(clock_.now() - begun, 40s);
}

TEST_F(KeepTest, OneWhoHasObtainedNothingDoesNotWaitForAStore) {
  store_.away = true;
  const Instant begun = clock_.now();
  EXPECT_FALSE(wait_for_lock(store_, "main", tools_));
  EXPECT_EQ(clock_.now(), begun);
}

}  // namespace
}  // namespace postern::grants
