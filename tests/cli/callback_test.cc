#include "cli/callback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/fake_responder.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Callback::Kind;

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
    EXPECT_EQ(callback.kind, Kind::kCode) << query;
    EXPECT_EQ(callback.code.reveal(), "abc") << query;
  }
}

TEST(ReadCallback, WhatHasAnotherStateOrIssuerIsAStranger) {
  for (const char* query :
       {"code=abc", "code=abc&state=", "code=abc&state=S3CRET", "code=abc&state=s3cret%20",
        "error=access_denied", "error=access_denied&state=x", "state=x",
        "code=abc&state=s3cret&iss=https%3A%2F%2Fevil.test", "code=abc&state=s3cret&iss="}) {
    Callback callback = read(query);
    EXPECT_EQ(callback.kind, Kind::kStranger) << query;
    EXPECT_TRUE(callback.code.empty()) << query;
  }
}

TEST(ReadCallback, AnErrorIsMadePrintable) {
  Callback callback = read("error=access_denied&state=s3cret");
  EXPECT_EQ(callback.kind, Kind::kError);
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
    EXPECT_EQ(callback.kind, Kind::kNonsense) << query.substr(0, 60);
    EXPECT_TRUE(callback.code.empty());
  }
}

TEST(ReadPasted, TakesTheWholeAddressOrTheCodeAlone) {
  for (const char* text :
       {"abc", "  abc \r\n", "http://127.0.0.1/oauth/callback?code=abc&state=s3cret",
        " https://any.test/x?state=s3cret&code=abc#fragment\n"}) {
    Callback callback = read_pasted(text, kState, kIssuer);
    EXPECT_EQ(callback.kind, Kind::kCode) << text;
    EXPECT_EQ(callback.code.reveal(), "abc") << text;
  }
}

TEST(ReadPasted, TellsOtherLoginsAndOtherTextApart) {
  EXPECT_EQ(read_pasted("http://127.0.0.1/?code=abc&state=x", kState, kIssuer).kind,
            Kind::kStranger);
  EXPECT_EQ(read_pasted("http://127.0.0.1/?error=access_denied&state=s3cret", kState, kIssuer).kind,
            Kind::kError);
  for (const char* text : {"", "   ", "http://127.0.0.1/oauth/callback", "code=abc", "two words",
                           "a&b", "http://127.0.0.1/?nothing",
                           "a\x1b"
                           "b"})
    EXPECT_EQ(read_pasted(text, kState, kIssuer).kind, Kind::kNonsense) << text;
}

TEST(Render, NothingInATextBecomesMarkup) {
  const std::string html = render({200, "<b>&", "<script>x</script>"});
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;&amp;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

class CallbackServiceTest : public ::testing::Test {
 protected:
  struct Visit {
    test::FakeResponder responder;
    http::RequestHead head;
    std::unique_ptr<http::RequestHandler> handler;
  };

  // A browser comes by.
  Visit& visit(std::string_view query, std::string_view authority = "127.0.0.1:4711",
               std::string_view path = "/oauth/callback",
               http::Method method = http::Method::kGet) {
    visits_.push_back(std::make_unique<Visit>());
    Visit& one = *visits_.back();
    one.head.method = method;
    one.head.authority = authority;
    one.head.path = path;
    one.head.query = query;
    one.handler = service_.handle(one.head, {}, one.responder);
    return one;
  }

  std::vector<Callback> taken_;
  std::vector<std::string> refused_;
  CallbackService service_{{"127.0.0.1:4711", "/oauth/callback", kState, std::string(kIssuer)},
                           {[this](Callback callback) { taken_.push_back(std::move(callback)); },
                            [this](std::string_view why) { refused_.emplace_back(why); }}};
  std::vector<std::unique_ptr<Visit>> visits_;
};

TEST_F(CallbackServiceTest, HoldsThePageUntilTheLoginHasEnded) {
  Visit& browser = visit("code=abc&state=s3cret");
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_EQ(taken_[0].code.reveal(), "abc");
  EXPECT_FALSE(browser.responder.ended);
  service_.finish({200, "Well done", "It worked."});
  EXPECT_TRUE(browser.responder.ended);
  EXPECT_EQ(browser.responder.status, 200);
  EXPECT_THAT(browser.responder.body, HasSubstr("Well done"));
  EXPECT_TRUE(browser.responder.closes);
}

TEST_F(CallbackServiceTest, NoPageMayBeKeptFramedOrRun) {
  Visit& browser = visit("nothing=");
  EXPECT_EQ(browser.responder.field("Cache-Control"), "no-store");
  EXPECT_EQ(browser.responder.field("Referrer-Policy"), "no-referrer");
  EXPECT_THAT(browser.responder.field("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(browser.responder.field("Content-Security-Policy"),
              HasSubstr("frame-ancestors 'none'"));
}

TEST_F(CallbackServiceTest, OnlyTheFirstAnswerCounts) {
  visit("code=abc&state=s3cret");
  Visit& second = visit("code=def&state=s3cret");
  EXPECT_EQ(second.responder.status, 409);
  service_.finish({200, "", ""});
  EXPECT_EQ(visit("code=ghi&state=s3cret").responder.status, 409);
  EXPECT_EQ(taken_.size(), 1U);
  EXPECT_EQ(refused_.size(), 2U);
}

TEST_F(CallbackServiceTest, ARefusedAnswerLeavesTheWayOpen) {
  EXPECT_EQ(visit("code=abc&state=other").responder.status, 400);
  EXPECT_EQ(visit("state=s3cret").responder.status, 400);
  EXPECT_EQ(refused_.size(), 2U);
  EXPECT_TRUE(taken_.empty());
  visit("code=abc&state=s3cret");
  EXPECT_EQ(taken_.size(), 1U);
}

TEST_F(CallbackServiceTest, AnErrorHasItsPageAtOnce) {
  Visit& browser = visit("error=access_denied&state=s3cret");
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_EQ(taken_[0].kind, Kind::kError);
  EXPECT_THAT(browser.responder.body, HasSubstr("access_denied"));
}

TEST_F(CallbackServiceTest, WhatIsNotTheCallbackIsNotLookedAt) {
  const std::string_view query = "code=abc&state=s3cret";
  EXPECT_EQ(visit(query, "localhost:4711").responder.status, 421);
  EXPECT_EQ(visit(query, "evil.test").responder.status, 421);
  EXPECT_EQ(visit(query, "127.0.0.1:4711", "/").responder.status, 404);
  EXPECT_EQ(visit(query, "127.0.0.1:4711", "/oauth/callback", http::Method::kPost).responder.status,
            405);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(CallbackServiceTest, WhoComesTooLateIsToldSo) {
  service_.expire();
  EXPECT_EQ(visit("code=abc&state=s3cret").responder.status, 410);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(CallbackServiceTest, ABrowserThatHasGoneMissesItsPageOnly) {
  Visit& browser = visit("code=abc&state=s3cret");
  browser.handler.reset();
  service_.finish({200, "", ""});
  EXPECT_FALSE(browser.responder.ended);
}

TEST_F(CallbackServiceTest, WhatIsNotHttpIsRefusedInWords) {
  test::FakeResponder responder;
  auto handler = service_.refuse({400, "no such thing"}, {}, responder);
  EXPECT_EQ(responder.status, 400);
  EXPECT_THAT(responder.body, HasSubstr("no such thing"));
}

}  // namespace
}  // namespace postern::cli
