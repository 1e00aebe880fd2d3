#include "grants/seed.h"

#include <gtest/gtest.h>

#include "grants/documents.h"
#include "grants/file_store.h"
#include "support/fake_clock.h"
#include "support/memory_store.h"
#include "support/temporary_folder.h"

namespace postern::grants {
namespace {

class SeedTest : public testing::Test {
 protected:
  SeedTest() {
    grant_.name = grant_.organization = "acme";
    grant_.sentry_url = "https://sentry.example";
    store_ = std::move(*FileStore::open(folder_.path() + "/store"));
  }
  Result<std::string> fill(std::string_view text) {
    return seed(*store_, grant_, text, clock_.wall());
  }
  std::string stored_text(uint64_t generation,
                          const std::string& sentry = "https://sentry.example") {
    StoredGrant stored;
    stored.generation = generation;
    stored.sentry = sentry;
    stored.organization.slug = "acme";
    stored.access_token = Secret("seeded");
    stored.refresh_token = Secret("r");
    return std::string(format_stored_grant(stored).reveal());
  }

  postern::test::TemporaryFolder folder_;
  postern::test::FakeClock clock_;
  GrantOptions grant_;
  std::unique_ptr<FileStore> store_;
};

// A store that remembers a logout.
class LoggedOutStore final : public Store {
  StoreResult<std::optional<StoredGrant>> load(std::string_view /*grant*/) override {
    return std::optional<StoredGrant>();
  }
  StoreResult<std::unique_ptr<StoreLock>> try_lock(std::string_view grant) override {
    return std::unique_ptr<StoreLock>(std::make_unique<Lock>(std::string(grant)));
  }
  StoreResult<void> save(const StoreLock& /*lock*/, const StoredGrant& /*stored*/) override {
    return fail("nothing is to be saved");
  }
  std::string where(std::string_view grant) const override { return std::string(grant); }
  bool was_forgotten(std::string_view /*grant*/) const override { return true; }

  class Lock final : public StoreLock {
   public:
    explicit Lock(std::string grant) : grant_(std::move(grant)) {}
    const std::string& grant() const override { return grant_; }

   private:
    std::string grant_;
  };
};

constexpr std::string_view kAnswer =
    R"({"access_token": "abc", "refresh_token": "def", "expires_in": 3600, "scope": "org:read"})";

TEST_F(SeedTest, ALogoutIsNotUndone) {
  LoggedOutStore store;
  const auto done = seed(store, grant_, kAnswer, clock_.wall());
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(*done,
            "ignored: the grant was removed from the store by a logout; to bring it back: "
            "postern login --grant acme --import FILE");
}

TEST_F(SeedTest, ATokenAnswerFillsAnEmptyStore) {
  auto done = fill(kAnswer);
  ASSERT_TRUE(done) << done.error().what;
  auto stored = store_->load("acme");
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ((*stored)->access_token.reveal(), "abc");
  EXPECT_EQ((*stored)->sentry, "https://sentry.example");
  EXPECT_EQ((*stored)->organization.slug, "acme");
  EXPECT_EQ((*stored)->generation, 1U);
}

TEST_F(SeedTest, ItIsNoNewerThanWhatOthersMayRemember) {
  postern::test::MemoryStore store;
  store.first = 1'700'000'000;
  const auto done = seed(store, grant_, stored_text(5), clock_.wall());
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(store.grants["acme"].generation, 5U);
}

TEST_F(SeedTest, WhatIsStoredIsNeverReplaced) {
  ASSERT_TRUE(fill(stored_text(5)));
  auto again = fill(kAnswer);
  ASSERT_TRUE(again);
  EXPECT_NE(again->find("ignored"), std::string::npos);
  EXPECT_EQ((*store_->load("acme"))->access_token.reveal(), "seeded");
  auto newer = fill(stored_text(9));
  ASSERT_TRUE(newer);
  EXPECT_NE(newer->find("newer"), std::string::npos);
  EXPECT_EQ((*store_->load("acme"))->generation, 5U);
}

TEST_F(SeedTest, ASeedThatIsOfNoUseSaysWhyAndStoresNothing) {
  for (const std::string& text :
       {std::string("{"), std::string("{\"error\":\"invalid_grant\"}"),
        stored_text(1, "https://other.example"), stored_text(1'000'000'000'000'000)}) {
    EXPECT_FALSE(fill(text)) << text;
  }
  auto stored = store_->load("acme");
  ASSERT_TRUE(stored);
  EXPECT_FALSE(*stored);
}

}  // namespace
}  // namespace postern::grants
