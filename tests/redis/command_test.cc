#include "redis/command.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::redis {
namespace {

using namespace std::chrono_literals;

TEST(RedisCommand, GoesOutAsAnArrayOfTexts) {
  const Command command{"SET", "key", "a\r\nb"};
  EXPECT_EQ(command.bytes(), "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\na\r\nb\r\n");
  EXPECT_EQ(command.name(), "SET");
  EXPECT_EQ(command.key(), "key");
  EXPECT_FALSE(command.needs_same_connection());
}

TEST(RedisCommand, KeepsEveryByte) {
  using namespace std::string_view_literals;
  EXPECT_EQ((Command{"SET", "k", "\0\xff"sv}.bytes()),
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\0\xff\r\n"sv);
  EXPECT_EQ((Command{"ECHO", std::string_view()}.bytes()), "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n");
}

TEST(RedisCommand, HasNoKeyWhenItHasNoArgument) {
  EXPECT_EQ(Command{"PING"}.key(), "");
}

TEST(RedisCommand, RunsAScriptWhereItsFirstKeyIs) {
  const std::vector<std::string_view> keys{"{a}:1", "{a}:2"};
  const std::vector<std::string_view> arguments{"x"};
  const Command command = Command::eval("return 1", keys, arguments);
  EXPECT_EQ(
      command.bytes(),
      "*6\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n2\r\n$5\r\n{a}:1\r\n$5\r\n{a}:2\r\n$1\r\nx\r\n");
  EXPECT_EQ(command.key(), "{a}:1");
  EXPECT_EQ(command.script(), "return 1");
}

TEST(RedisCommand, RunsAScriptThatRedisKnowsByItsDigest) {
  const std::vector<std::string_view> keys{"{a}:1"};
  const Command command = Command::evalsha("0beec7", keys, {});
  EXPECT_EQ(command.bytes(), "*4\r\n$7\r\nEVALSHA\r\n$6\r\n0beec7\r\n$1\r\n1\r\n$5\r\n{a}:1\r\n");
  EXPECT_EQ(command.name(), "EVALSHA");
  EXPECT_EQ(command.key(), "{a}:1");
}

TEST(RedisCommand, WaitsForReplicasOnTheConnectionOfTheWrite) {
  const Command command = Command::wait("key", 2, 1500us);
  EXPECT_EQ(command.bytes(), "*3\r\n$4\r\nWAIT\r\n$1\r\n2\r\n$1\r\n2\r\n");
  EXPECT_EQ(command.key(), "key");
  EXPECT_TRUE(command.needs_same_connection());
}

}  // namespace
}  // namespace postern::redis
