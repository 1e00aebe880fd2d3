#include "limits/share_script.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::limits {
namespace {

TEST(ShareScript, AQuestionIsWrittenInTheOrderThatTheScriptReads) {
  ShareQuestion question;
  question.replica = "a1";
  question.reset = 1'700'000'001;
  question.length = 60;
  question.past.max_rank = 17;
  question.past.position = 0.25;
  question.past.used_up = true;
  const std::vector<std::string> arguments = share_arguments(question);
  ASSERT_EQ(arguments.size(), 18U);
  EXPECT_EQ(arguments[0], "a1");
  EXPECT_EQ(arguments[1], "1700000001");
  EXPECT_EQ(arguments[2], "60");
  EXPECT_EQ(arguments[15], "17");
  EXPECT_EQ(arguments[16], "0.25");
  EXPECT_EQ(arguments[17], "1");
}

TEST(ShareScript, AnAnswerIsRead) {
  const auto answer =
      read_share_answer({"10", "12", "13.333333333333334", "5", "3", "0", "1700000001", "38", "1",
                         "40", "0.5", "1", "60", "37", "4"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->now, 10);
  EXPECT_EQ(answer->next, 12);
  EXPECT_NEAR(answer->fair, 13.333, 0.001);
  EXPECT_EQ(answer->replicas, 3);
  EXPECT_EQ(answer->past.max_rank, 40);
  EXPECT_TRUE(answer->past.used_up);
  EXPECT_EQ(answer->length, 60);
  EXPECT_EQ(answer->taken, 37);
  EXPECT_EQ(answer->parts, 4);
}

TEST(ShareScript, WhatIsNoAnswerIsNotBelieved) {
  const std::vector<std::string> good(15, "1");
  EXPECT_TRUE(read_share_answer(good));
  EXPECT_FALSE(read_share_answer({}));
  for (const char* bad : {"", "x", "1x", "-1", "nan", "inf", "1e30"}) {
    std::vector<std::string> fields = good;
    fields[3] = bad;
    EXPECT_FALSE(read_share_answer(fields)) << bad;
  }
}

TEST(ShareScript, PartsAreWrittenAndRead) {
  PartsQuestion question;
  question.version = 3;
  question.moves = {{"/a/", "/a/"}, {"/b/", ""}};
  EXPECT_EQ(parts_arguments(question), (std::vector<std::string>{"3", "/a/", "/a/", "/b/", ""}));
  const auto answer = read_parts_answer({"4", "/a/", "/a/"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->version, 4);
  ASSERT_EQ(answer->parts.size(), 1U);
  EXPECT_EQ(answer->parts[0].bucket, "/a/");
  EXPECT_FALSE(read_parts_answer({}));
  EXPECT_FALSE(read_parts_answer({"4", "/a/"}));
  EXPECT_FALSE(read_parts_answer({"x"}));
}

TEST(ShareScript, AllKeysOfAUserAreOnOneNode) {
  EXPECT_EQ(share_key_name({"7", "sentry.io", "GET", ""}), "{7}:share:sentry.io:GET:");
  EXPECT_EQ(share_key_name({"7", "sentry.io", "GET", "/issues/"}),
            "{7}:share:sentry.io:GET:/issues/");
}

}  // namespace
}  // namespace postern::limits
