// Waiting for limits when something goes wrong meanwhile: connections, tokens, the process's end.
#include "relay/limits_fixture.h"

namespace postern::relay {
namespace {

using LimitsFaults = LimitsTest;

http::Failure broken_off() {
  http::Failure failure;
  failure.kind = http::FailKind::kBroken;
  failure.sent = http::Sent::kHeadSeen;
  failure.stage = "response";
  failure.detail = "the answer ended before it was whole";
  return failure;
}

TEST_F(LimitsFaults, ABodyThatCannotBeSentAgainKeepsItsPlaceInTheLineForAConnection) {
  one_at_a_time();
  send_body(200);  // more than is kept
  User& upload = ask();
  EXPECT_EQ(upload.exchange->on_request_body(std::string(150, 'a')), 150u);
  method(http::Method::kPut, "PUT");
  head_.framing = http::Framing::none();
  ask();                  // would take the leave
  timers_.advance(60ms);  // the upload is still unsent
  EXPECT_FALSE(upstream_.calls.at(0).cancelled);
  EXPECT_EQ(upload.exchange->on_request_body(std::string(50, 'b')), 50u);
  EXPECT_EQ(upstream_.calls.at(0).body, std::string(150, 'a') + std::string(50, 'b'));
}

TEST_F(LimitsFaults, A429ThatBreaksOffIsSentAgainAllTheSame) {
  User& user = ask();
  reply_head(0, 429, window_fields("0", "1767225601"), http::Framing::of_length(1000));
  fail(0, broken_off());
  EXPECT_EQ(user.client.status, 0);
  pass_time(3s);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "at last");
  EXPECT_EQ(user.client.body, "at last");
}

TEST_F(LimitsFaults, WhoWasLetGoOnceWaitsWhileTheHostRests) {
  for (int i = 0; i < 5; ++i) ask();
  User& waiting = ask();  // a sixth, let go by the first answer
  reply(0, 200);
  ASSERT_EQ(sends(), 6u);
  for (size_t call = 1; call < 5; ++call) reply(call, 503);
  for (int i = 0; i < 2; ++i) {
    ask();
    reply(sends() - 1, 503);
  }
  ASSERT_EQ(ask().client.status, 503) << "the host rests by now";
  fail(5, FakeUpstream::closed(http::Sent::kNone, true));  // its kept connection had gone
  EXPECT_EQ(waiting.client.status, 0) << waiting.client.body;
}

TEST_F(LimitsFaults, WaitingForATokenIsNotWaitingForALimit) {
  options_.limits.max_wait = 5s;
  one_at_a_time();
  adopt("acme", "dead", 0s);
  User& first = ask();
  User& second = ask();
  pass_time(6s);
  adopt("acme", "secret", 1h, 2);
  ASSERT_EQ(sends(), 1u);
  EXPECT_EQ(second.client.status, 0) << second.client.body;
  pass_time(1s);
  reply(0, 200);
  EXPECT_EQ(first.client.status, 200);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200);
  EXPECT_EQ(second.client.status, 200);
}

TEST_F(LimitsFaults, TimeWithSentryIsNotWaitingEither) {
  options_.limits.max_wait = 5s;
  User& slow = ask();
  pass_time(4990ms);  // Sentry takes that long to say no
  reply(0, 429, kConcurrencyWords);
  pass_time(1s);
  EXPECT_EQ(slow.client.status, 0) << slow.client.body;
  EXPECT_GE(sends(), 2u);
}

TEST_F(LimitsFaults, ATokenThatWasReplacedWhileInLineIsNotSent) {
  User& user = ask();
  adopt("acme", "newer", 1h, 2);
  timers_.advance(60ms);  // still in line for a connection
  ASSERT_EQ(sends(), 2u);
  EXPECT_TRUE(upstream_.calls.at(0).cancelled);
  EXPECT_EQ(upstream_.calls.at(1).authorization, "Bearer newer");
  reply(1, 200);
  EXPECT_EQ(user.client.status, 200);
}

TEST_F(LimitsFaults, WhoStillWaitsWhenTheProcessEndsIsToldSo) {
  one_at_a_time();
  ask();
  User& second = ask();
  relay_->refuse_waiting();
  timers_.advance(1us);
  EXPECT_EQ(second.client.status, 503);
  EXPECT_TRUE(second.said("\"code\":\"draining\"")) << second.client.body;
  EXPECT_EQ(second.client.field("Retry-After"), "1");
}

}  // namespace
}  // namespace postern::relay
