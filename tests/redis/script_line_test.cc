#include "redis/script_line.h"

#include <gtest/gtest.h>

namespace postern::redis {
namespace {

constexpr std::string_view kScript =
    "local a = 1\n"
    "redis.call('HSET', KEYS[1], 'a', a)\n"
    "return redis.pcall('PUBLISH', 'c', 'x')";

Reply error(std::string text) {
  return Reply::of(Reply::Kind::kError, std::move(text));
}

TEST(RedisScriptLine, NamesTheCommandThatEndedAScript) {
  const std::string seven = "ERR The user executing the script can't run this script: 1f, on ";
  EXPECT_EQ(command_of_line(kScript, seven + "@user_script:2."), "HSET");
  EXPECT_EQ(command_of_line(kScript, seven + "@user_script:3."), "PUBLISH");
  EXPECT_EQ(command_of_line(kScript,
                            "ERR Error running script (call to f_1a): @user_script:2: "
                            "@user_script: 2: -NOPERM x"),
            "HSET");
}

TEST(RedisScriptLine, NamesNothingThatIsNotThere) {
  for (const char* text :
       {"ERR x", "ERR x @user_script:", "ERR x @user_script:1.", "ERR x @user_script:99.",
        "ERR x @user_script:9999999999999999999.", "ERR x @user_script:99999999999999999999"})
    EXPECT_EQ(command_of_line(kScript, text), "") << text;
}

TEST(RedisScriptLine, KnowsWhatTheAclForbids) {
  const std::string place = " script: 1f, on @user_script:2.";
  EXPECT_TRUE(is_forbidden_in_script(error("ERR The user executing the script can't x" + place)));
  EXPECT_TRUE(is_forbidden_in_script(error("NOPERM ACL failure in script: User x" + place)));
  EXPECT_FALSE(is_forbidden_in_script(error("NOPERM this user has no permissions")));
  EXPECT_FALSE(is_forbidden_in_script(error("OOM command not allowed" + place)));
  EXPECT_FALSE(is_forbidden_in_script(Reply::of(Reply::Kind::kText, "NOPERM" + place)));
}

}  // namespace
}  // namespace postern::redis
