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
