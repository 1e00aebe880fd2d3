#include "http/method.h"

#include <gtest/gtest.h>

namespace postern::http {
namespace {

TEST(Method, IsReadFromItsName) {
  EXPECT_EQ(parse_method("GET"), Method::kGet);
  EXPECT_EQ(parse_method("HEAD"), Method::kHead);
  EXPECT_EQ(parse_method("POST"), Method::kPost);
  EXPECT_EQ(parse_method("PUT"), Method::kPut);
  EXPECT_EQ(parse_method("PATCH"), Method::kPatch);
  EXPECT_EQ(parse_method("DELETE"), Method::kDelete);
  EXPECT_EQ(parse_method("OPTIONS"), Method::kOptions);
}

TEST(Method, IsCaseSensitiveAndWhole) {
  for (const char* token :
       {"get", "Get", "GETS", "GE", "", "TRACE", "CONNECT", "TRACK", "PROPFIND"})
    EXPECT_EQ(parse_method(token), Method::kOther) << token;
}

TEST(Method, HasTheNameItIsReadFrom) {
  for (const char* token : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    EXPECT_EQ(to_string(parse_method(token)), token);
  EXPECT_EQ(to_string(Method::kOther), "OTHER");
  EXPECT_EQ(parse_method("OTHER"), Method::kOther);
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
