#include "cli/keep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/streams.h"
#include "support/fake_clock.h"
#include "support/memory_store.h"

namespace postern::cli {
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
  grants::TokenAnswer answer(const std::string& token, const std::string& user = "7") {
    grants::TokenAnswer made;
    made.access_token = Secret(token);
    made.user.id = user;
    made.organization_id = "17";
    return made;
  }
  Result<grants::StoredGrant> put(grants::TokenAnswer answer, bool replace = false) {
    return keep(store_, grant_, std::move(answer), replace, clock_.wall());
  }
  const grants::StoredGrant& stored() { return store_.grants["main"]; }

  grants::GrantOptions grant_;
  test::MemoryStore store_;
  test::FakeClock clock_;
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
  grants::TokenAnswer first = answer("a");
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
  EXPECT_THAT(other_user.error().what, HasSubstr("--replace"));
  grants::TokenAnswer elsewhere = answer("b");
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
  EXPECT_THAT(kept.error().what, HasSubstr("it is sealed; --replace"));
  ASSERT_TRUE(put(answer("a"), true));
  EXPECT_GT(stored().generation, 1000000U) << "than any count of refreshes";
}

TEST_F(KeepTest, FaultsOfTheStoreAreErrorsWithoutTheToken) {
  store_.save_fault = "no space left";
  auto kept = put(answer("canary"));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().what, "no space left");
  store_.lock_fault = "cannot lock";
  kept = put(answer("canary"));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().what, "cannot lock");
}

TEST(ChooseGrant, TakesTheOnlyOneOrTheNamedOne) {
  config::Options options;
  options.grants.resize(1);
  options.grants[0].grant.name = "acme";
  Streams streams;
  EXPECT_EQ(choose_grant(options, "", streams.context), &options.grants[0]);
  EXPECT_EQ(choose_grant(options, "acme", streams.context), &options.grants[0]);
  EXPECT_EQ(streams.err.str(), "");
  EXPECT_EQ(choose_grant(options, "x\x1b", streams.context), nullptr);
  EXPECT_THAT(streams.err.str(), HasSubstr("no grant x?; there are: acme"));
  options.grants.resize(2);
  options.grants[1].grant.name = "beta";
  EXPECT_EQ(choose_grant(options, "", streams.context), nullptr);
  EXPECT_THAT(streams.err.str(), HasSubstr("which grant? Add --grant NAME; there are: acme, beta"));
  EXPECT_EQ(choose_grant(options, "beta", streams.context), &options.grants[1]);
}

}  // namespace
}  // namespace postern::cli
