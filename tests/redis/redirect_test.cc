#include "redis/redirect.h"

#include <gtest/gtest.h>

namespace postern::redis {
namespace {

std::optional<Redirect> of(std::string text, Reply::Kind kind = Reply::Kind::kError) {
  return parse_redirect(Reply::of(kind, std::move(text)));
}

TEST(RedisRedirect, MovesASlot) {
  const auto redirect = of("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(redirect);
  EXPECT_FALSE(redirect->is_ask);
  EXPECT_EQ(redirect->slot, 3999);
  EXPECT_EQ(redirect->host, "127.0.0.1");
  EXPECT_EQ(redirect->port, 6381);
}

TEST(RedisRedirect, AsksElsewhereOnce) {
  const auto redirect = of("ASK 1 fd00::1:6381");
  ASSERT_TRUE(redirect);
  EXPECT_TRUE(redirect->is_ask);
  EXPECT_EQ(redirect->host, "fd00::1");
}

TEST(RedisRedirect, MayLeaveTheHostOut) {
  ASSERT_TRUE(of("MOVED 0 :6381"));
  EXPECT_EQ(of("MOVED 0 :6381")->host, "");
}

TEST(RedisRedirect, IsNothingElse) {
  EXPECT_FALSE(of("MOVED 3999 127.0.0.1:6381", Reply::Kind::kText));
  for (const char* text :
       {"", "MOVED", "MOVED ", "MOVED 16384 h:1", "MOVED 1 h", "MOVED 1 h:0", "MOVED 1 h:65536",
        "MOVED x h:1", "MOVED -1 h:1", "MOVEDX 1 h:1", "ERR MOVED 1 h:1", "ASK 1", "ASK 1 h:1x"})
    EXPECT_FALSE(of(text)) << text;
}

}  // namespace
}  // namespace postern::redis
