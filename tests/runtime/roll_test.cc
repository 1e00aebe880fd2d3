#include "runtime/roll.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/fake_redis.h"

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;
using test::texts;
using ::testing::HasSubstr;

std::string entry(const std::string& name) {
  admin::Presence presence;
  presence.name = name;
  presence.pid = 1;
  return "1000 30000 " + admin::format_presence(presence);
}

TEST(Roll, IsOneKey) {
  admin::Presence presence;
  presence.name = "web-1";
  const auto words = test::words_of(roll_command("p", {"me", 30s, presence}));
  ASSERT_EQ(words.size(), 7U);
  EXPECT_EQ(words[0], "EVAL");
  EXPECT_EQ(words[3], "p:{replicas}");
  EXPECT_EQ(words[4], "me");
  EXPECT_EQ(words[5], "30000");
  EXPECT_EQ(words[6], admin::format_presence(presence));
  EXPECT_THAT(test::words_of(leave_command("p", "me")),
              testing::ElementsAre("HDEL", "p:{replicas}", "me"));
}

TEST(Roll, IsReadInTheOrderOfNames) {
  const auto roll = roll_of(texts({"5000", "x", entry("web-2"), "y", entry("web-1")}));
  ASSERT_TRUE(roll);
  EXPECT_EQ(roll->now, 5000);
  ASSERT_EQ(roll->entries.size(), 2U);
  EXPECT_EQ(roll->entries[0].id, "y");
  EXPECT_EQ(roll->entries[0].written, 1000);
  EXPECT_EQ(roll->entries[0].lifetime, 30000);
  EXPECT_EQ(roll->entries[1].presence.name, "web-2");
}

TEST(Roll, KnowsHowManyWereLeftOut) {
  EXPECT_EQ(roll_of(texts({"5000", "x", entry("web-2")}))->left_out, 0U);
  const auto roll = roll_of(texts({"5000", "x", entry("web-2"), "19000"}));
  EXPECT_EQ(roll->left_out, 19000U);
  EXPECT_EQ(roll->entries.size(), 1U);
}

TEST(Roll, WhatCannotBeReadIsLeftOut) {
  const auto roll = roll_of(texts({"5000", "a", "", "b", "1 2 [", "c", "x 2 {}", "d",
                                   "99999999999999999999 1 {}", "e", entry("web-1"), "f"}));
  ASSERT_TRUE(roll);
  ASSERT_EQ(roll->entries.size(), 1U);
  EXPECT_EQ(roll->entries[0].id, "e");
}

TEST(Roll, AnotherAnswerIsAnError) {
  EXPECT_FALSE(roll_of(redis::Reply::of(1)));
  EXPECT_FALSE(roll_of(texts({})));
  EXPECT_FALSE(roll_of(texts({"now"})));
  const auto error = redis::Reply::of(redis::Reply::Kind::kError, "WRONGTYPE not a hash");
  EXPECT_THAT(roll_of(error).error().what, HasSubstr("WRONGTYPE"));
}

}  // namespace
}  // namespace postern::runtime
