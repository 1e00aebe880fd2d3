#include "wire/redis_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "support/fake_redis.h"

namespace postern::wire {
namespace {

using testing::ElementsAre;

const std::string kNoScript = "NOSCRIPT No matching script. Please use EVAL.";

class RedisScriptTest : public testing::Test {
 protected:
  void run(const std::string& key = "{a}:1") {
    script_.run(client_, {key}, {"x", "y"}, [this](redis::Answer answer) {
      if (answer) said_ = answer->shown();
      if (!answer) said_ = answer.error().what;
    });
  }

  RedisScript script_{"return 1"};
  test::FakeRedisClient client_;
  std::optional<std::string> said_;
};

TEST_F(RedisScriptTest, GoesWholeAtFirstAndThenByItsDigest) {
  run();
  ASSERT_EQ(client_.asked.size(), 1U);
  EXPECT_THAT(client_.asked[0], ElementsAre("EVAL", "return 1", "1", "{a}:1", "x", "y"));
  client_.answer(redis::Reply::of(1));
  EXPECT_EQ(said_, "an integer");
  run();
  ASSERT_EQ(client_.asked.size(), 2U);
  EXPECT_THAT(client_.asked[1], ElementsAre("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
                                            "1", "{a}:1", "x", "y"));
}

TEST_F(RedisScriptTest, IsOneCommandThatIsNeverFollowedByAnother) {
  run();
  client_.answer(redis::Reply::of(1));
  run();
  client_.fail(kNoScript);
  EXPECT_EQ(said_, kNoScript);
  EXPECT_EQ(client_.asked.size(), 2U);
}

TEST_F(RedisScriptTest, GoesWholeWithTheNextToANodeThatDoesNotHaveIt) {
  run();
  client_.answer(redis::Reply::of(1));
  run("{b}:1");
  client_.fail(kNoScript);
  run();
  run("{b}:1");
  client_.answer(redis::Reply::of(1));
  client_.answer(redis::Reply::of(1));
  run("{b}:1");
  ASSERT_EQ(client_.asked.size(), 5U);
  EXPECT_EQ(client_.asked[2][0], "EVALSHA");
  EXPECT_EQ(client_.asked[3][0], "EVAL");
  EXPECT_EQ(client_.asked[4][0], "EVALSHA");
}

TEST_F(RedisScriptTest, IsNotTriedAgainForAnythingElse) {
  run();
  client_.fail("WRONGTYPE Operation against a key");
  EXPECT_EQ(said_, "WRONGTYPE Operation against a key");
  run();
  client_.be_away("cannot reach it");
  EXPECT_EQ(said_, "cannot reach it");
  EXPECT_EQ(client_.asked.size(), 2U);
}

}  // namespace
}  // namespace postern::wire
