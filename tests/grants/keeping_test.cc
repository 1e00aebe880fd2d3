#include "grants/keeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/fake_clock.h"
#include "support/memory_store.h"

namespace postern::grants {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
    return keep(store_, grant_, std::move(answer), replace, clock_.wall());
  }
  const StoredGrant& stored() { return store_.grants["main"]; }

  GrantOptions grant_;
  postern::test::MemoryStore store_;
  postern::test::FakeClock clock_;
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
  EXPECT_EQ(kept.error().what, "no space left");
  EXPECT_FALSE(kept.error().is_taken);
  store_.lock_fault = "cannot lock";
  kept = put(answer("canary"));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().what, "cannot lock");
}

}  // namespace
}  // namespace postern::grants
