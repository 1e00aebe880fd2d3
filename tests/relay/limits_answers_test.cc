// What Sentry's answers about limits come to: sent again, or passed on, and how.
#include "relay/gzip.h"
#include "relay/limits_fixture.h"

namespace postern::relay {
namespace {

class LimitsAnswers : public LimitsTest {
 protected:
  // The call is answered by a 429 of the window limiter, which the caller does not see.
  void turn_away(size_t call, http::Fields fields = window_fields("0", "5001")) {
    reply(call, 429, kWindowWords, fields);
  }
};

TEST_F(LimitsAnswers, AWindow429IsSentAgainInTheNextWindow) {
  User& user = ask();
  turn_away(0);
  EXPECT_EQ(user.client.status, 0);
  pass_time(2s);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "hello", window_fields("39", "5002"));
  EXPECT_EQ(user.client.status, 200);
  EXPECT_EQ(user.client.body, "hello");
  EXPECT_EQ(user.client.field("X-Postern-Attempts"), "2");
  EXPECT_EQ(user.client.field("X-Sentry-Rate-Limit-Remaining"), "39");
  EXPECT_EQ(relay_->counters().limited, 1u);
  const std::string line = log_of(user);
  EXPECT_NE(line.find("attempts=2"), std::string::npos) << line;
  EXPECT_NE(line.find("limited=1"), std::string::npos) << line;
}

TEST_F(LimitsAnswers, ABare429WithRetryAfterIsNotSentAgainBefore) {
  User& user = ask();
  reply(0, 429, "{}", fields_of({{"Retry-After", "3"}}));
  pass_time(2900ms);
  EXPECT_EQ(sends(), 1u);
  pass_time(2s);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "hello");
  EXPECT_EQ(user.client.status, 200);
}

TEST_F(LimitsAnswers, RetryAfterMayBeADate) {
  ask();
  reply(0, 429, "{}",
        fields_of({{"Date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                   {"Retry-After", "Tue, 14 Nov 2023 22:13:24 GMT"}}));
  pass_time(3900ms);
  EXPECT_EQ(sends(), 1u);
  pass_time(2s);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(LimitsAnswers, ABare429ThatAsksForMoreThanTheCallersPatienceIsPassedOn) {
  options_.limits.max_wait = 2s;
  User& user = ask();
  reply(0, 429, "{}", fields_of({{"Retry-After", "3"}}));
  EXPECT_EQ(user.client.status, 429);
  EXPECT_EQ(user.client.field("Retry-After"), "3");
  EXPECT_EQ(user.client.fields.count("X-Postern-Generated"), 0u);
}

TEST_F(LimitsAnswers, AnyMethodIsSentAgainWithItsBody) {
  method(http::Method::kPost, "POST");
  head_.framing = http::Framing::of_length(10);
  User& user = ask();
  user.exchange->on_request_body("0123456789");
  user.exchange->on_request_end();
  turn_away(0);
  pass_time(2s);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(upstream_.calls.at(1).body, "0123456789");
  EXPECT_TRUE(upstream_.calls.at(1).finished);
}

TEST_F(LimitsAnswers, AnEarly429LetsTheRestOfTheBodyFollow) {
  send_body(10);
  User& user = ask();
  user.exchange->on_request_body("01234");
  turn_away(0);
  EXPECT_EQ(user.exchange->on_request_body("56789"), 0u) << "nobody there to take it";
  pass_time(2s);
  ASSERT_EQ(sends(), 2u);
  EXPECT_GT(user.client.resumed, 0);
  EXPECT_EQ(user.exchange->on_request_body("56789"), 5u);
  EXPECT_EQ(upstream_.calls.at(1).body, "0123456789");
}

TEST_F(LimitsAnswers, TheWordsAreReadThroughGzipAndWithoutTheFields) {
  User& user = ask();
  reply(0, 429, gzip(kConcurrencyWords), fields_of({{"Content-Encoding", "gzip"}}));
  EXPECT_EQ(user.client.status, 0);
  pass_time(200ms);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(LimitsAnswers, A429ToHeadIsReadByItsFields) {
  method(http::Method::kHead, "HEAD");
  User& user = ask();
  reply_head(0, 429, window_fields("0", "5001"), http::Framing::none());
  upstream_.calls.at(0).events->on_done();
  EXPECT_EQ(user.client.status, 0);
  pass_time(2s);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(LimitsAnswers, AConcurrency429IsSentAgainShortly) {
  User& user = ask();
  reply(0, 429, kConcurrencyWords);
  EXPECT_EQ(sends(), 1u) << "not at once";
  pass_time(110ms);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "hello");
  EXPECT_EQ(user.client.body, "hello");
}

TEST_F(LimitsAnswers, ASearch429IsPassedOnAfterItsTries) {
  User& user = ask();
  for (size_t call = 0; call < 3; ++call) {
    ASSERT_EQ(sends(), call + 1);
    reply(call, 429, kSearchWords, window_fields("30", "5001"));
    pass_time(2s);
  }
  EXPECT_EQ(sends(), 3u);
  EXPECT_EQ(user.client.status, 429);
  EXPECT_EQ(user.client.body, kSearchWords);
  EXPECT_EQ(user.client.field("X-Postern-Generated"), "");
  EXPECT_EQ(user.client.field("Retry-After"), "1");
  EXPECT_EQ(user.client.field("X-Postern-Attempts"), "3");
  EXPECT_TRUE(user.client.ended);
}

TEST_F(LimitsAnswers, ARetryAfterOfSentrysOwnIsKept) {
  options_.limits.max_tries = 1;
  User& user = ask();
  http::Fields fields = window_fields("30", "5001");
  fields.push_back({"Retry-After", "17", http::FieldName::kRetryAfter});
  reply(0, 429, kSearchWords, fields);
  EXPECT_EQ(user.client.status, 429);
  EXPECT_EQ(user.client.fields.count("Retry-After"), 1u);
  EXPECT_EQ(user.client.field("Retry-After"), "17");
}

TEST_F(LimitsAnswers, WhatCannotBeSentAgainIsPassedOnWithATime) {
  send_body(200);
  User& user = ask();
  user.exchange->on_request_body(std::string(200, 'x'));
  user.exchange->on_request_end();
  turn_away(0);
  EXPECT_EQ(user.client.status, 429);
  EXPECT_EQ(user.client.body, kWindowWords);
  EXPECT_EQ(user.client.field("Retry-After"), "1");
  pass_time(5s);
  EXPECT_EQ(sends(), 1u);
}

TEST_F(LimitsAnswers, ABodyThatOutgrowsWhatIsKeptIsNotSentAgain) {
  method(http::Method::kPost, "POST");
  head_.framing = http::Framing::chunked();
  User& user = ask();
  user.exchange->on_request_body(std::string(101, 'x'));
  user.exchange->on_request_end();
  turn_away(0);
  EXPECT_EQ(user.client.status, 429);
  EXPECT_EQ(user.client.field("Retry-After"), "1");
}

TEST_F(LimitsAnswers, WhoCannotWaitForTheNextWindowSeesThe429) {
  User& user = ask({{"X-Postern-Max-Wait", "0"}});
  turn_away(0);
  EXPECT_EQ(user.client.status, 429);
  EXPECT_EQ(user.client.body, kWindowWords);
  EXPECT_EQ(user.client.field("Retry-After"), "1");
}

TEST_F(LimitsAnswers, AClientThatLeavesBetweenTwoCallsIsForgotten) {
  User& user = ask();
  turn_away(0);
  leave(user);
  pass_time(5s);
  EXPECT_EQ(sends(), 1u);
}

TEST_F(LimitsAnswers, ABodyTooLongToBeSentrysOwnDoesNotMatter) {
  User& user = ask();
  const std::string page(HeldAnswer::kMaxBody + 1, 'x');
  reply_head(0, 429, window_fields("0", "5001"), http::Framing::chunked());
  upstream_.calls.at(0).events->on_body(page);
  EXPECT_TRUE(upstream_.calls.at(0).cancelled);
  EXPECT_EQ(user.client.status, 0);
  pass_time(2s);
  ASSERT_EQ(sends(), 2u);
  reply_head(1, 429, window_fields("0", "5003"), http::Framing::of_length(page.size()));
  EXPECT_TRUE(upstream_.calls.at(1).cancelled);
  EXPECT_EQ(user.client.status, 0);
}

// ------------------------------------------------------------------------------------ class 5xx

TEST_F(LimitsAnswers, AGatewayErrorIsTriedAgainForAGet) {
  User& user = ask();
  reply(0, 503, kGatewayWords);
  EXPECT_EQ(user.client.status, 0);
  pass_time(500ms);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "hello");
  EXPECT_EQ(user.client.body, "hello");
}

TEST_F(LimitsAnswers, AGatewayErrorIsPassedOnForAPost) {
  method(http::Method::kPost, "POST");
  User& user = ask();
  reply(0, 503, kGatewayWords);
  EXPECT_EQ(user.client.status, 503);
  EXPECT_EQ(user.client.body, kGatewayWords);
}

TEST_F(LimitsAnswers, AnErrorOfTheEndpointIsPassedOnAsItCame) {
  User& user = ask();
  reply(0, 500, R"({"detail":"Internal Error"})");
  EXPECT_EQ(user.client.status, 500);
  EXPECT_EQ(user.client.body, R"({"detail":"Internal Error"})");
  EXPECT_EQ(user.client.field("Retry-After"), "");
}

TEST_F(LimitsAnswers, ALargeErrorIsStreamed) {
  User& user = ask();
  const std::string part(HeldAnswer::kMaxBody, 'x');
  reply_head(0, 500, {}, http::Framing::chunked());
  upstream_.calls.at(0).events->on_body(part);
  EXPECT_EQ(user.client.status, 0);
  upstream_.calls.at(0).events->on_body("and more");
  EXPECT_EQ(user.client.status, 500);
  EXPECT_EQ(user.client.body, part + "and more");
  upstream_.calls.at(0).events->on_done();
  EXPECT_TRUE(user.client.ended);
}

// -------------------------------------------------------------------------------------- failures

TEST_F(LimitsAnswers, AHostThatKeepsFailingIsLeftAloneAndSaysSo) {
  http::Failure refused;
  refused.kind = http::FailKind::kUnreachable;
  refused.stage = "connect";
  refused.detail = "connection refused";
  for (size_t call = 0; call < 5; ++call) {
    EXPECT_EQ(ask().client.status, 0);
    fail(call, refused);
    EXPECT_EQ(users_.back().client.status, 502);
  }
  User& user = ask();
  EXPECT_EQ(user.client.status, 503);
  EXPECT_TRUE(user.said("\"code\":\"upstream_resting\""));
  EXPECT_NE(user.client.field("Retry-After"), "");
  EXPECT_EQ(sends(), 5u);
  pass_time(2s);
  ask();
  EXPECT_EQ(sends(), 6u) << "one call tries how it is";
}

TEST_F(LimitsAnswers, ConnectionsThatHaveAgedDoNotSpeakAgainstTheHost) {
  for (size_t i = 0; i < 6; ++i) {
    ask();
    fail(2 * i, FakeUpstream::closed(http::Sent::kMaybe, true));
    ASSERT_EQ(sends(), 2 * i + 2) << "tried again, with leave of its own";
    EXPECT_TRUE(upstream_.calls.at(2 * i + 1).fresh);
    fail(2 * i + 1, FakeUpstream::closed(http::Sent::kMaybe, true));
    EXPECT_EQ(users_.back().client.status, 502);
  }
  EXPECT_EQ(ask().client.status, 0);
}

TEST_F(LimitsAnswers, ARetryAfterALostConnectionWaitsForItsTurn) {
  one_at_a_time();
  ask();
  User& second = ask({{"Priority", "u=0"}});
  fail(0, FakeUpstream::closed(http::Sent::kMaybe, true));
  ASSERT_EQ(sends(), 2u);
  EXPECT_FALSE(upstream_.calls.at(1).fresh) << "the urgent one goes first";
  reply(1, 200);
  EXPECT_TRUE(second.client.ended);
  ASSERT_EQ(sends(), 3u);
  EXPECT_TRUE(upstream_.calls.at(2).fresh);
}

TEST_F(LimitsAnswers, EachKindOfRetryHasABudgetOfItsOwn) {
  User& user = ask();
  fail(0, FakeUpstream::closed(http::Sent::kMaybe, true));
  turn_away(1);
  pass_time(2s);
  ASSERT_EQ(sends(), 3u);
  reply(2, 401, kInvalid, window_fields("39", "5003"));
  adopt("acme", "second", 1h, 2);
  pass_time(2s);
  ASSERT_EQ(sends(), 4u);
  reply(3, 200, "hello", window_fields("39", "5005"));
  EXPECT_EQ(user.client.body, "hello");
  EXPECT_EQ(user.client.field("X-Postern-Attempts"), "4");
}

// --------------------------------------------------------------------------------- switched off

TEST_F(LimitsAnswers, SwitchedOffA429PassesThroughAndNobodyWaits) {
  options_.limited = false;
  for (int i = 0; i < 20; ++i) ask();
  EXPECT_EQ(sends(), 20u);
  turn_away(0);
  EXPECT_EQ(users_.front().client.status, 429);
  EXPECT_EQ(users_.front().client.body, kWindowWords);
  EXPECT_EQ(users_.front().client.field("Retry-After"), "");
  EXPECT_EQ(timers_.made, 0);
}

}  // namespace
}  // namespace postern::relay
