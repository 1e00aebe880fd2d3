#include "relay/exchange.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "relay/exchange_fixture.h"
#include "relay/relay.h"

namespace postern::relay {
namespace {

TEST_F(ExchangeTest, CarriesARequestWithTheGrantsToken) {
  begin();
  ASSERT_EQ(upstream_.calls.size(), 1u);
  EXPECT_EQ(upstream_.calls[0].authorization, "Bearer secret-of-acme");
  answer(200, "hello");
  upstream_.last().on_done();
  EXPECT_EQ(client_.status, 200);
  EXPECT_EQ(client_.body, "hello");
  EXPECT_TRUE(client_.ended);
}

TEST_F(ExchangeTest, LogsOneLineWithoutTokenOrQuery) {
  head_.target = "/api/0/organizations/acme/?secret=1";
  head_.query = "secret=1";
  begin();
  answer(200, "hello");
  upstream_.last().on_done();
  std::string line = finished_log();
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_NE(line.find("/api/0/organizations/acme/"), std::string::npos);
  EXPECT_EQ(line.find("secret"), std::string::npos);
}

TEST_F(ExchangeTest, PathsOutsideTheApiGetAHint) {
  set_target("/settings/");
  begin();
  EXPECT_TRUE(upstream_.calls.empty());
  EXPECT_EQ(client_.status, 404);
  EXPECT_EQ(client_.field("X-Postern-Generated"), "1");
  EXPECT_NE(client_.body.find("not_an_api_path"), std::string::npos);
}

TEST_F(ExchangeTest, AskingNoGrantInParticularNamesTheChoices) {
  set_target("/api/0/organizations/");
  begin();
  EXPECT_EQ(client_.status, 409);
  EXPECT_NE(client_.body.find("acme, globex"), std::string::npos);
}

TEST_F(ExchangeTest, AGrantWithoutTokenNamesTheLogin) {
  set_target("/api/0/organizations/globex/");
  begin();
  EXPECT_EQ(client_.status, 503);
  EXPECT_NE(client_.body.find("grant_missing"), std::string::npos);
  EXPECT_NE(client_.body.find("postern login"), std::string::npos);
}

TEST_F(ExchangeTest, AnExpiredTokenIsNeverSent) {
  clock_.advance(2h);
  begin();
  EXPECT_TRUE(upstream_.calls.empty());
  EXPECT_EQ(client_.status, 503);
  EXPECT_NE(client_.body.find("reauthorization_required"), std::string::npos);
}

TEST_F(ExchangeTest, AStaleConnectionIsTriedOnceMoreOnAFreshOne) {
  begin();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kMaybe, true));
  ASSERT_EQ(upstream_.calls.size(), 2u);
  EXPECT_TRUE(upstream_.calls[1].fresh);
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kMaybe, true));
  EXPECT_EQ(upstream_.calls.size(), 2u);
  EXPECT_EQ(client_.status, 502);
}

TEST_F(ExchangeTest, APostThatMayHaveArrivedIsNotSentAgain) {
  head_.method = http::Method::kPost;
  head_.method_text = "POST";
  begin();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kMaybe, true));
  EXPECT_EQ(upstream_.calls.size(), 1u);
  EXPECT_EQ(client_.status, 502);
}

TEST_F(ExchangeTest, APostThatWasNotSentIsSentAgain) {
  head_.method = http::Method::kPost;
  head_.method_text = "POST";
  begin();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kNone, true));
  EXPECT_EQ(upstream_.calls.size(), 2u);
}

TEST_F(ExchangeTest, ASmallBodyIsSentAgainWhole) {
  send_body(10);
  begin();
  EXPECT_EQ(exchange_->on_request_body("0123456789"), 10u);
  exchange_->on_request_end();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kMaybe, true));
  ASSERT_EQ(upstream_.calls.size(), 2u);
  EXPECT_EQ(upstream_.calls[1].body, "0123456789");
  EXPECT_TRUE(upstream_.calls[1].finished);
}

TEST_F(ExchangeTest, ABodyTooLargeToKeepIsNotSentAgain) {
  send_body(200);
  begin();
  exchange_->on_request_body(std::string(200, 'x'));
  exchange_->on_request_end();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kMaybe, true));
  EXPECT_EQ(upstream_.calls.size(), 1u);
  EXPECT_EQ(client_.status, 502);
}

TEST_F(ExchangeTest, TheRestOfABodyFollowsWhatIsSentAgain) {
  send_body(10);
  begin();
  exchange_->on_request_body("01234");
  upstream_.room = 3;
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kMaybe, true));
  EXPECT_EQ(exchange_->on_request_body("56789"), 0u) << "out of order";
  upstream_.room = SIZE_MAX;
  upstream_.last().on_writable();
  EXPECT_EQ(exchange_->on_request_body("56789"), 5u);
  EXPECT_EQ(upstream_.calls[1].body, "0123456789");
}

TEST_F(ExchangeTest, ADeclaredBodyOverTheLimitIsRefusedUnread) {
  send_body(1001);
  begin();
  EXPECT_EQ(client_.status, 413);
  EXPECT_FALSE(client_.body_accepted);
}

TEST_F(ExchangeTest, AChunkedBodyOverTheLimitEndsTheCall) {
  send_body(0);
  head_.framing = http::Framing::chunked();
  begin();
  EXPECT_EQ(client_.body_limit, 1000u);
  exchange_->on_request_body(std::string(900, 'x'));
  exchange_->on_request_error({413, "the body is larger than allowed"});
  EXPECT_EQ(client_.status, 413);
  EXPECT_TRUE(upstream_.calls[0].cancelled);
}

TEST_F(ExchangeTest, AnAnswerThatBreaksOffIsCutNotEnded) {
  begin();
  answer(200, "half");
  http::Failure failure;
  failure.kind = http::FailKind::kBroken;
  upstream_.last().on_fail(failure);
  EXPECT_TRUE(client_.was_cut);
  EXPECT_FALSE(client_.ended);
}

TEST_F(ExchangeTest, AVanishedClientCancelsTheCall) {
  begin();
  exchange_->on_gone("client_closed");
  exchange_.reset();
  EXPECT_TRUE(upstream_.calls[0].cancelled);
  EXPECT_EQ(relay_->counters().gone, 1u);
}

TEST_F(ExchangeTest, ASlowClientHoldsBackCredit) {
  begin();
  client_.slow = true;
  answer(200, "hello");
  EXPECT_EQ(upstream_.calls[0].credited, 0u);
  client_.slow = false;
  exchange_->on_drained();
  EXPECT_EQ(upstream_.calls[0].credited, 5u);
}

TEST_F(ExchangeTest, LinksComeBackToTheAddressTheClientUsed) {
  answer_fields_ = {{"Link", "<https://us.sentry.example/api/0/x/?cursor=1>; rel=\"next\"",
                     http::FieldName::kLink}};
  begin();
  answer(200, "");
  EXPECT_EQ(client_.field("Link"), "<http://localhost:7979/api/0/x/?cursor=1>; rel=\"next\"");
}

TEST_F(ExchangeTest, ARequestIdOfTheCallersOwnIsKept) {
  add_field("X-Request-Id", "mine-1");
  begin();
  answer(200, "");
  EXPECT_EQ(client_.field("X-Request-Id"), "mine-1");
  EXPECT_EQ(upstream_.calls[0].fields["X-Request-Id"], "mine-1");
  EXPECT_NE(finished_log().find("request_id=mine-1"), std::string::npos);
}

TEST_F(ExchangeTest, AnIdOfOurOwnIsThatOfSentryTheCallerAndTheLog) {
  add_field("X-Request-Id", "not fit for a log");
  begin();
  answer(200, "");
  const std::string id(client_.field("X-Request-Id"));
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(upstream_.calls[0].fields["X-Request-Id"], id);
  EXPECT_NE(finished_log().find("request_id=" + id), std::string::npos);
}

TEST_F(ExchangeTest, ATraceIsPassedAsItCameAndLoggedIfItIsOne) {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  add_field("traceparent", good);
  begin();
  answer(200, "");
  EXPECT_EQ(upstream_.calls[0].fields["traceparent"], good);
  EXPECT_NE(finished_log().find("trace_id=4bf92f3577b34da6a3ce929d0e0e4736"), std::string::npos);
  log_.clear();
  head_.fields.back().value = "00-odd";
  begin();
  EXPECT_EQ(upstream_.calls[1].fields["traceparent"], "00-odd");
  EXPECT_EQ(finished_log().find("trace_id"), std::string::npos);
}

TEST_F(ExchangeTest, AnAllowedPageMayReadAndAskFirst) {
  options_.guard.origins = {"https://app.example"};
  add_field("Origin", "https://app.example");
  add_field("Access-Control-Request-Method", "PUT");
  head_.method = http::Method::kOptions;
  head_.method_text = "OPTIONS";
  begin();
  EXPECT_TRUE(upstream_.calls.empty());
  EXPECT_EQ(client_.status, 204);
  EXPECT_EQ(client_.field("Access-Control-Allow-Origin"), "https://app.example");
}

TEST_F(ExchangeTest, AForeignPageIsRefusedAndMayNotRead) {
  add_field("Origin", "https://evil.example");
  begin();
  EXPECT_TRUE(upstream_.calls.empty());
  EXPECT_EQ(client_.status, 403);
  EXPECT_TRUE(client_.closes);
  EXPECT_EQ(client_.field("Access-Control-Allow-Origin"), "");
}

}  // namespace
}  // namespace postern::relay
