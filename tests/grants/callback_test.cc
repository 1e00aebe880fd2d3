#include "grants/callback.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::grants {
namespace {

using CallbackKind = Callback::Kind;

constexpr std::string_view kIssuer = "https://sentry.test";
const Secret kState("s3cret");

Callback read(std::string_view query) {
  return read_callback(query, kState, kIssuer);
}

TEST(ReadCallback, TakesACodeWithTheRightState) {
  for (const char* query :
       {"code=abc&state=s3cret", "state=s3cret&code=abc", "state=s%33cret&code=%61bc&other=1&",
        "x&code=abc&state=s3cret&y=&=", "code=abc&state=s3cret&iss=https%3A%2F%2Fsentry.test"}) {
    Callback callback = read(query);
    EXPECT_EQ(callback.kind, CallbackKind::kCode) << query;
    EXPECT_EQ(callback.code.reveal(), "abc") << query;
  }
}

TEST(ReadCallback, WhatHasAnotherStateOrIssuerIsAStranger) {
  for (const char* query :
       {"code=abc", "code=abc&state=", "code=abc&state=S3CRET", "code=abc&state=s3cret%20",
        "error=access_denied", "error=access_denied&state=x", "state=x",
        "code=abc&state=s3cret&iss=https%3A%2F%2Fevil.test", "code=abc&state=s3cret&iss="}) {
    Callback callback = read(query);
    EXPECT_EQ(callback.kind, CallbackKind::kStranger) << query;
    EXPECT_TRUE(callback.code.empty()) << query;
  }
}

TEST(ReadCallback, AnErrorIsMadePrintable) {
  Callback callback = read("error=access_denied&state=s3cret");
  EXPECT_EQ(callback.kind, CallbackKind::kError);
  EXPECT_EQ(callback.error, "access_denied");
  EXPECT_EQ(read("error=a%1B%5B2J&state=s3cret").error, "a?[2J");
  EXPECT_LT(read("state=s3cret&error=" + std::string(5000, 'x')).error.size(), 200U);
}

TEST(ReadCallback, WhatSaysTwoThingsOrNothingIsNonsense) {
  const std::string large = "state=s3cret&code=" + std::string(513, 'x');
  for (const std::string& query :
       {std::string(), std::string("&&"), std::string("x=y"), std::string("state=s3cret"),
        std::string("code=&state=s3cret"), std::string("code=a&code=b&state=s3cret"),
        std::string("code=a&state=s3cret&state=s3cret"), std::string("code=a&error=b&state=s3cret"),
        std::string("code=%zz&state=s3cret"), std::string("code=%4&state=s3cret"),
        std::string("code=a%0A&state=s3cret"), std::string("code=a+b&state=s3cret"),
        std::string("code=%C3%A4&state=s3cret"), large}) {
    Callback callback = read(query);
    EXPECT_EQ(callback.kind, CallbackKind::kNonsense) << query.substr(0, 60);
    EXPECT_TRUE(callback.code.empty());
  }
}

TEST(ReadPasted, TakesTheWholeAddressOrTheCodeAlone) {
  for (const char* text :
       {"abc", "  abc \r\n", "http://127.0.0.1/oauth/callback?code=abc&state=s3cret",
        " https://any.test/x?state=s3cret&code=abc#fragment\n"}) {
    Callback callback = read_pasted(text, kState, kIssuer);
    EXPECT_EQ(callback.kind, CallbackKind::kCode) << text;
    EXPECT_EQ(callback.code.reveal(), "abc") << text;
  }
}

TEST(ReadPasted, TellsOtherLoginsAndOtherTextApart) {
  EXPECT_EQ(read_pasted("http://127.0.0.1/?code=abc&state=x", kState, kIssuer).kind,
            CallbackKind::kStranger);
  EXPECT_EQ(read_pasted("http://127.0.0.1/?error=access_denied&state=s3cret", kState, kIssuer).kind,
            CallbackKind::kError);
  for (const char* text : {"", "   ", "http://127.0.0.1/oauth/callback", "code=abc", "two words",
                           "a&b", "http://127.0.0.1/?nothing",
                           "a\x1b"
                           "b"})
    EXPECT_EQ(read_pasted(text, kState, kIssuer).kind, CallbackKind::kNonsense) << text;
}

TEST(ReadState, IsShownOnceOrNotAtAll) {
  EXPECT_EQ(read_state("code=abc&state=s%33cret").reveal(), "s3cret");
  for (const char* query : {"", "code=abc", "state=", "state=a&state=b", "state=%zz"})
    EXPECT_TRUE(read_state(query).empty()) << query;
}

}  // namespace
}  // namespace postern::grants
