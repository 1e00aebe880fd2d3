#include "runtime/notices.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::runtime {
namespace {

TEST(Notices, ThereAreNoneOfTheDefaults) {
  EXPECT_TRUE(notices_of(config::Options()).empty());
}

TEST(Notices, AnAddressForOtherMachinesWantsANameThatTheyCallItBy) {
  config::Options options;
  options.listen.resize(2);
  options.listen[1].address = "0.0.0.0:7979";
  options.listen[1].allow_remote = true;
  const auto notices = notices_of(options);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].level, log::Level::kWarn);
  EXPECT_EQ(notices[0].event, "hosts_unnamed");
  EXPECT_EQ(notices[0].setting, "listen[1].allow_remote: 0.0.0.0:7979");
  EXPECT_NE(notices[0].detail.find("gets 421"), std::string::npos);
  options.relay.guard.hosts = {"postern.example"};
  EXPECT_TRUE(notices_of(options).empty());
}

TEST(Notices, BodiesThatAreKeptAreWarnedOf) {
  config::Options options;
  options.admin.inspect_bodies = 4096;
  const auto notices = notices_of(options);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].level, log::Level::kWarn);
  EXPECT_EQ(notices[0].event, "bodies_kept");
  EXPECT_EQ(notices[0].setting, "admin.inspect_bodies: 4KiB");
  EXPECT_NE(notices[0].detail.find("everyone on this machine"), std::string::npos);
}

TEST(Notices, BodiesThatNobodyCouldSeeAreNotKept) {
  config::Options options;
  options.admin.inspect_bodies = 4096;
  options.admin.inspect = 0;
  EXPECT_EQ(notices_of(options).front().event, "bodies_not_kept");
  options.admin.inspect = 1;
  options.admin.listen.clear();
  EXPECT_EQ(notices_of(options).front().event, "bodies_not_kept");
}

std::vector<Notice> notices_of_redis(const std::string& url) {
  config::Options options;
  options.store.kind = config::StoreKind::kRedis;
  options.store.redis.url = url;
  return notices_of(options);
}

TEST(Notices, TokensInPlainTextOnAnotherMachineAreWarnedOf) {
  const auto notices = notices_of_redis("redis://redis.internal");
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].level, log::Level::kWarn);
  EXPECT_EQ(notices[0].event, "store_exposed");
  EXPECT_EQ(notices[0].setting, "store.redis: redis://redis.internal:6379");
  EXPECT_NE(notices[0].detail.find("store.key_file"), std::string::npos);
  EXPECT_NE(notices[0].detail.find("rediss://"), std::string::npos);
  EXPECT_EQ(notices_of_redis("redis://[2001:db8::1]:6380").size(), 1U);
  EXPECT_EQ(notices_of_redis("127.example:6379").size(), 1U);
}

TEST(Notices, WhatStaysOnTheMachineOrIsEncryptedIsNotWarnedOf) {
  for (const char* url : {"redis://127.0.0.1", "redis://localhost:6380/1", "redis://[::1]",
                          "unix:///run/redis.sock", "rediss://redis.internal"})
    EXPECT_TRUE(notices_of_redis(url).empty()) << url;
}

TEST(Notices, OneMachineOfSeveralIsEnough) {
  config::Options options;
  options.store.kind = config::StoreKind::kRedis;
  options.store.redis.master = "m";
  options.store.redis.addresses = {"localhost", "s2"};
  ASSERT_EQ(notices_of(options).size(), 1U);
  EXPECT_EQ(notices_of(options)[0].setting, "store.redis: redis://s2:26379");
  options.store.key = Secret("k");
  EXPECT_TRUE(notices_of(options).empty());
}

TEST(Notices, LimitsAloneHoldNoTokens) {
  config::Options options;
  options.limits_share = config::LimitsShare::kRedis;
  options.store.redis.url = "redis://redis.internal";
  EXPECT_TRUE(notices_of(options).empty());
}

}  // namespace
}  // namespace postern::runtime
