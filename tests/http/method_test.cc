#include "http/method.h"

#include <gtest/gtest.h>

namespace postern::http {
namespace {

TEST(Method, IsReadBackFromItsName) {
  for (const Method method : {Method::kGet, Method::kHead, Method::kPost, Method::kPut,
                              Method::kPatch, Method::kDelete, Method::kOptions})
    EXPECT_EQ(parse_method(name(method)), method) << name(method);
}

TEST(Method, IsCaseSensitiveAndWhole) {
  for (const char* token :
       {"get", "Get", "GETS", "GE", "", "TRACE", "CONNECT", "TRACK", "PROPFIND"})
    EXPECT_EQ(parse_method(token), Method::kOther) << token;
  EXPECT_EQ(name(Method::kOther), "");
}

TEST(Method, OnlyTheOnesThatMayBeRepeatedAreIdempotent) {
  EXPECT_TRUE(is_idempotent(Method::kGet));
  EXPECT_TRUE(is_idempotent(Method::kPut));
  EXPECT_TRUE(is_idempotent(Method::kDelete));
  EXPECT_FALSE(is_idempotent(Method::kPost));
  EXPECT_FALSE(is_idempotent(Method::kPatch));
  EXPECT_FALSE(is_idempotent(Method::kOther));
}

}  // namespace
}  // namespace postern::http
