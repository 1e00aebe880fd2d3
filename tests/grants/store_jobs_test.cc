#include "grants/store_jobs.h"

#include <gtest/gtest.h>

#include "support/fake_background.h"
#include "support/memory_store.h"

namespace postern::grants {
namespace {

struct StoreJobsTest : ::testing::Test {
  postern::test::FakeBackground background;
  postern::test::MemoryStore store;
  std::unique_ptr<StoreJobs> jobs = std::make_unique<StoreJobs>(background, store, "acme");
  std::vector<std::string> heard;

  void lock() {
    jobs->lock_and_load([this](const StoreJobs::Locked& locked) {
      heard.push_back(!locked.held ? locked.held.error().what : *locked.held ? "held" : "busy");
    });
  }
  void save() {
    StoredGrant stored;
    stored.generation = 3;
    jobs->save(stored, [this](const StoreResult<void>& saved) {
      heard.push_back(saved ? "saved" : saved.error().what);
    });
  }
};

TEST_F(StoreJobsTest, NothingHappensOnTheCallersThread) {
  lock();
  save();
  EXPECT_TRUE(store.steps.empty());
  background.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"held", "saved"}));
  EXPECT_EQ(store.grants["acme"].generation, 3U);
}

TEST_F(StoreJobsTest, WithoutTheLockNothingIsSaved) {
  save();
  store.locked = true;
  lock();
  save();
  background.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"the store is not locked", "busy",
                                             "the store is not locked"}));
  EXPECT_TRUE(store.grants.empty());
}

TEST_F(StoreJobsTest, ALockIsKeptUntilItIsGivenBack) {
  lock();
  lock();
  background.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"held", "held"}));
  EXPECT_TRUE(store.locked);
  jobs->unlock();
  background.run();
  EXPECT_FALSE(store.locked);
}

TEST_F(StoreJobsTest, ALockThatMayHaveRunOutIsAskedForAnew) {
  store.lease_time = std::chrono::seconds(30);
  lock();
  lock();
  background.run();
  EXPECT_EQ(store.steps.back(), "load");
  EXPECT_EQ(store.steps[2], "renew");
  store.lock_lost = true;
  lock();
  background.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"held", "held", "busy"}));
}

TEST_F(StoreJobsTest, ALockIsRenewedWhileThereIsOne) {
  store.lease_time = std::chrono::seconds(30);
  std::vector<bool> held;
  const auto renew = [&] {
    jobs->renew(false, [&](const StoreResult<bool>& is) { held.push_back(*is); });
  };
  renew();
  lock();
  renew();
  background.run();
  EXPECT_EQ(held, (std::vector<bool>{false, true}));
}

TEST_F(StoreJobsTest, WithoutALockASharedStoreTakesOneInNameOnly) {
  bool has_lock = true;
  jobs->lock_alone([&](bool has) { has_lock = has; });
  background.run();
  EXPECT_FALSE(has_lock);
  store.lease_time = std::chrono::seconds(30);
  save();
  background.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"saved"}));
  EXPECT_EQ(store.grants["acme"].generation, 3U);
}

TEST_F(StoreJobsTest, WhatCannotBeLockedSaysWhy) {
  store.lock_fault = "read-only";
  lock();
  background.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"read-only"}));
}

TEST_F(StoreJobsTest, DestroyingItDropsTheAnswersNotTheWork) {
  lock();
  save();
  jobs.reset();
  background.run();
  EXPECT_TRUE(heard.empty());
  EXPECT_EQ(store.grants["acme"].generation, 3U);
  EXPECT_FALSE(store.locked);
}

}  // namespace
}  // namespace postern::grants
