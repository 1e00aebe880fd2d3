#include "runtime/limits_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/fake_redis.h"

namespace postern::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

struct LimitsProbeTest : ::testing::Test {
  LimitsProbeTest() { redis.will_fail("NOSCRIPT No matching script"); }

  std::string said() {
    const auto found = probe_limits(redis, "postern", "redis://r:6379");
    return found ? *found : "FAULT " + found.error().what;
  }

  postern::test::FakeRedis redis;
};

TEST_F(LimitsProbeTest, TriesWhatTheLimitsWillDoOnKeysOfNobody) {
  redis.will_say({"usable", "7.0.15"});
  EXPECT_EQ(said(), "Redis 7.0.15 at redis://r:6379");
  ASSERT_EQ(redis.asked.size(), 2U);
  EXPECT_EQ(redis.asked[0][0], "EVALSHA");
  EXPECT_EQ(redis.asked[1][0], "EVAL");
  EXPECT_THAT(redis.asked[1][3], MatchesRegex("postern:\\{[-_A-Za-z0-9]{16}\\}:share:"));
  EXPECT_THAT(redis.asked[1][4], MatchesRegex("postern:\\{[-_A-Za-z0-9]{16}\\}:parts:"));
}

TEST_F(LimitsProbeTest, AVersionThatIsNotToldIsNoFault) {
  redis.will_say({"usable", ""});
  EXPECT_EQ(said(), "Redis at redis://r:6379");
}

TEST_F(LimitsProbeTest, OneThatIsTooOldIsSaidToBe) {
  redis.will_say({"old", ""});
  EXPECT_THAT(said(), HasSubstr("older than Redis 6"));
}

TEST_F(LimitsProbeTest, TheCommandThatIsForbiddenIsNamed) {
  redis.will_fail("NOPERM this user has no permissions script: 0f, on @user_script:4.");
  EXPECT_THAT(said(), HasSubstr("the command HSET:"));
}

TEST_F(LimitsProbeTest, ScriptsByDigestHaveToBeAllowed) {
  redis.answers.clear();
  redis.will_fail("NOPERM this user has no permissions to run the 'evalsha' command");
  EXPECT_THAT(said(), HasSubstr("'evalsha'"));
}

TEST_F(LimitsProbeTest, OneOutOfReachIsSaidToBe) {
  redis.away = "cannot reach redis://r:6379: connection refused";
  EXPECT_EQ(said(), "FAULT cannot reach redis://r:6379: connection refused");
}

TEST_F(LimitsProbeTest, AnAnswerThatIsNoneIsNotBelieved) {
  redis.answers.push_back(redis::Reply::of(7));
  EXPECT_THAT(said(), HasSubstr("answered to a script of Postern's with"));
}

}  // namespace
}  // namespace postern::runtime
