#include "redis/slot.h"

#include <gtest/gtest.h>

namespace postern::redis {
namespace {

// The specification gives the first; the others are what `redis-cli cluster keyslot` says.
TEST(RedisSlot, IsTheOneThatRedisComputes) {
  EXPECT_EQ(slot_of("123456789"), 0x31c3);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("bar"), 5061);
  EXPECT_EQ(slot_of(""), 0);
}

TEST(RedisSlot, ComesFromTheHashTagAlone) {
  EXPECT_EQ(slot_of("postern:{acme}:grant"), slot_of("acme"));
  EXPECT_EQ(slot_of("postern:{acme}:lease"), slot_of("{acme}{other}"));
  EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
  EXPECT_NE(slot_of("a{b"), slot_of("b"));
}

}  // namespace
}  // namespace postern::redis
