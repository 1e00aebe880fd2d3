#include "redis/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::redis {
namespace {

using testing::HasSubstr;
using testing::Not;

Address parsed(std::string_view url) {
  auto address = parse_address(url);
  EXPECT_TRUE(address) << url << ": " << address.error().what;
  return address ? *address : Address{};
}

std::string refused(std::string_view url) {
  auto address = parse_address(url);
  EXPECT_FALSE(address) << url;
  return address ? "" : address.error().what;
}

TEST(RedisAddress, NamesAServer) {
  const Address address = parsed("redis://redis.example");
  EXPECT_EQ(address.host, "redis.example");
  EXPECT_EQ(address.port, 6379);
  EXPECT_EQ(address.database, 0U);
  EXPECT_FALSE(address.tls || address.is_unix());
  EXPECT_EQ(address.text(), "redis://redis.example:6379");
}

TEST(RedisAddress, HasUserPortAndDatabase) {
  const Address address = parsed("rediss://po%73tern@10.0.0.5:6390/12");
  EXPECT_TRUE(address.tls);
  EXPECT_EQ(address.user, "postern");
  EXPECT_EQ(address.host, "10.0.0.5");
  EXPECT_EQ(address.port, 6390);
  EXPECT_EQ(address.database, 12U);
  EXPECT_EQ(address.text(), "rediss://10.0.0.5:6390");
}

TEST(RedisAddress, TakesIpv6) {
  EXPECT_EQ(parsed("redis://[::1]:7000").host, "::1");
  EXPECT_EQ(parsed("redis://[fd00::5]/1").text(), "redis://[fd00::5]:6379");
}

TEST(RedisAddress, MayBeBare) {
  EXPECT_EQ(parsed("redis-1").text(), "redis://redis-1:6379");
  EXPECT_EQ(parsed("redis-1:26379").port, 26379);
  EXPECT_EQ(parsed("REDISS://h").tls, true);
}

TEST(RedisAddress, TakesUnixSockets) {
  EXPECT_EQ(parsed("unix:///run/redis.sock").path, "/run/redis.sock");
  EXPECT_EQ(parsed("unix:/run/redis.sock").path, "/run/redis.sock");
  const Address address = parsed("unix://postern@/run/redis%20a.sock?db=3");
  EXPECT_EQ(address.path, "/run/redis a.sock");
  EXPECT_EQ(address.user, "postern");
  EXPECT_EQ(address.database, 3U);
  EXPECT_EQ(address.text(), "unix:///run/redis a.sock");
}

TEST(RedisAddress, RefusesAPasswordAndDoesNotRepeatIt) {
  for (const std::string url :
       {"redis://:hunter2@h", "rediss://u:hunter2@h:1/2", "unix://:hunter2@/run/s", "u:hunter2@h",
        "redis://a:hunter2:b@h", "redis://u:hunter2@h@i"}) {
    EXPECT_THAT(refused(url), HasSubstr("password_file")) << url;
    EXPECT_THAT(refused(url), Not(HasSubstr("hunter2"))) << url;
  }
}

TEST(RedisAddress, RefusesWhatNamesNoServer) {
  for (const char* url : {"",
                          "redis://",
                          "redis:///1",
                          "http://h",
                          "redis://h:",
                          "redis://h:0",
                          "redis://h:65536",
                          "redis://h:1x",
                          "redis://[::1",
                          "redis://[::1]x",
                          "redis://::1",
                          "redis://h/x",
                          "redis://h/1/2",
                          "redis://h/-1",
                          "redis://h?db=1",
                          "redis://h/1#x",
                          "redis://a b",
                          "redis://h\r\nX",
                          "unix:",
                          "unix:relative",
                          "unix:///s?db=",
                          "unix:///s?x=1",
                          "unix:///a%00b",
                          "unix://user@relative"})
    EXPECT_NE(refused(url), "") << url;
  EXPECT_NE(refused("unix:///" + std::string(107, 'x')), "");
}

}  // namespace
}  // namespace postern::redis
