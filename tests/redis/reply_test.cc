#include "redis/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "redis/client.h"

namespace postern::redis {
namespace {

using testing::HasSubstr;
using testing::Not;

Reply error(std::string text) {
  return Reply::of(Reply::Kind::kError, std::move(text));
}

TEST(RedisReply, KnowsTheCodeOfAnError) {
  EXPECT_EQ(error("WRONGTYPE Operation against a key").error_code(), "WRONGTYPE");
  EXPECT_EQ(error("NOAUTH").error_code(), "NOAUTH");
  EXPECT_EQ(error("").error_code(), "");
  EXPECT_EQ(Reply::of(Reply::Kind::kText, "WRONGTYPE x").error_code(), "");
}

TEST(RedisReply, KnowsTheCodeOfAnErrorThatEndedAScript) {
  const std::string place = "ERR Error running script (call to f_1a2b): @user_script:1: ";
  EXPECT_EQ(error(place + "-READONLY You can't write against a read only replica. ").error_code(),
            "READONLY");
  EXPECT_EQ(error(place + "WRONGTYPE Operation").error_code(), "WRONGTYPE");
  EXPECT_EQ(error("ERR Error running script: odd").error_code(), "ERR");
}

TEST(RedisReply, ShowsErrorsMadePrintableAndNoData) {
  EXPECT_EQ(error("ERR a\x1b[31mb").shown(), "ERR a?[31mb");
  EXPECT_LE(error(std::string(100'000, 'x')).shown().size(), 300U);
  EXPECT_EQ(Reply::of(Reply::Kind::kText, "token").shown(), "a text");
  EXPECT_EQ(Reply::array({Reply::of(7)}).shown(), "an array");
}

TEST(RedisRefusal, IsAnErrorOfTheServerAsAWhole) {
  const auto failure = refusal_of(error("LOADING Redis is loading the dataset"), "redis://h:1");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->fate, Fate::kNotExecuted);
  EXPECT_THAT(failure->what, HasSubstr("redis://h:1 takes no commands"));
  EXPECT_THAT(failure->what, HasSubstr("LOADING"));
}

TEST(RedisRefusal, InsideAScriptMayComeAfterWrites) {
  const std::string place = " script: 5e8d2c, on @user_script:1.";
  EXPECT_EQ(refusal_of(error("OOM command not allowed." + place), "h")->fate, Fate::kMaybeExecuted);
  EXPECT_EQ(refusal_of(error("READONLY You can't write." + place), "h")->fate, Fate::kNotExecuted);
  const auto forbidden = refusal_of(error("ERR The user executing the script can't" + place), "h");
  ASSERT_TRUE(forbidden);
  EXPECT_EQ(forbidden->fate, Fate::kMaybeExecuted);
  EXPECT_THAT(forbidden->what, HasSubstr("the ACL does not allow"));
}

std::string forbidden(std::string text, std::string_view script = {}) {
  Asker asker{"jane", "team7"};
  asker.script = script;
  const auto failure = refusal_of(error(std::move(text)), "h", asker);
  return failure ? failure->what : "no refusal";
}

TEST(RedisRefusal, OfTheAclNamesTheUserAndTheCommand) {
  const std::string jane = "the ACL does not allow the user jane the command ";
  EXPECT_THAT(forbidden("NOPERM this user has no permissions to run the 'eval' command"),
              HasSubstr(jane + "EVAL: README.md, More than one, has all that it needs"));
  EXPECT_THAT(forbidden("NOPERM User jane has no permissions to run the 'client|setname' command"),
              HasSubstr(jane + "CLIENT|SETNAME"));
  EXPECT_THAT(forbidden("ERR The user executing the script can't run this command or subcommand "
                        "script: 1f, on @user_script:2.",
                        "-- x\nredis.call('HGETALL', KEYS[1])\n"),
              HasSubstr(jane + "HGETALL"));
  EXPECT_THAT(refusal_of(error("NOPERM this user has no permissions"), "h")->what,
              HasSubstr("the user default a command"));
}

TEST(RedisRefusal, OfTheAclNamesThePatternOfKeysAndChannels) {
  const std::string rule = ": it needs ~team7:* &team7:*";
  EXPECT_THAT(forbidden("NOPERM this user has no permissions to access one of the keys used as "
                        "arguments"),
              HasSubstr("the user jane the keys team7:*" + rule));
  EXPECT_THAT(forbidden("NOPERM No permissions to access a key"), HasSubstr("the keys team7:*"));
  EXPECT_THAT(forbidden("NOPERM this user has no permissions to access one of the channels used as "
                        "arguments"),
              HasSubstr("the user jane the channels team7:*" + rule));
}

TEST(RedisRefusal, ForWantOfAPasswordNamesTheSetting) {
  const auto why = [](const Asker& asker) {
    return refusal_of(error("NOAUTH x"), "h", asker)->what;
  };
  EXPECT_THAT(why({}), HasSubstr("by store.redis.password_file"));
  Asker sentinel;
  sentinel.password_setting = "store.redis.sentinel_password_file";
  EXPECT_THAT(why(sentinel), HasSubstr("by store.redis.sentinel_password_file"));
}

TEST(RedisRefusal, IsNotAnErrorAboutTheCommand) {
  for (const char* text : {"WRONGTYPE x", "ERR unknown command", "MOVED 1 h:1", "LOADINGS x"})
    EXPECT_FALSE(refusal_of(error(text), "h")) << text;
  EXPECT_FALSE(refusal_of(Reply::of(1), "h"));
}

TEST(RedisReply, HasTextsWhenItIsAnArrayOfNothingElse) {
  const Reply text = Reply::of(Reply::Kind::kText, "a");
  EXPECT_EQ(texts_of(Reply::array({text, text})), (std::vector<std::string>{"a", "a"}));
  EXPECT_EQ(texts_of(Reply::array({})), std::vector<std::string>());
  EXPECT_EQ(texts_of(text), std::nullopt);
  EXPECT_EQ(texts_of(Reply::array({text, Reply::of(7)})), std::nullopt);
}

}  // namespace
}  // namespace postern::redis
