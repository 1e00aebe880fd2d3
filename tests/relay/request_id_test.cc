#include "relay/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace postern::relay {
namespace {

TEST(RequestIdTest, IdsDoNotRepeatAndAreHexadecimal) {
  RequestIds ids(7);
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) {
    RequestId id = ids.next();
    std::string text(id.data(), id.size());
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_TRUE(seen.insert(text).second);
  }
}

TEST(RequestIdTest, OnlyHarmlessIdsOfCallersAreKept) {
  EXPECT_TRUE(is_request_id("a-B.3_4:5"));
  EXPECT_TRUE(is_request_id(std::string(128, 'a')));
  EXPECT_FALSE(is_request_id(""));
  EXPECT_FALSE(is_request_id(std::string(129, 'a')));
  EXPECT_FALSE(is_request_id("a b"));
  EXPECT_FALSE(is_request_id("a\"b"));
}

}  // namespace
}  // namespace postern::relay
