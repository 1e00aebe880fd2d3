// Requests that wait for a live token before they are sent.
#include "relay/token_fixture.h"

namespace postern::relay {
namespace {

class Waiting : public TokenTest {
 protected:
  void expire() { clock_.advance(2h); }
};

TEST_F(Waiting, AnExpiredTokenIsReplacedBeforeAnythingIsSent) {
  expire();
  begin();
  EXPECT_EQ(refresher_.asked, 1);
  EXPECT_EQ(sends(), 0u);
  EXPECT_EQ(client_.status, 0);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 1u);
  EXPECT_EQ(last_authorization(), "Bearer second");
  EXPECT_EQ(timers_.set(), 0u);
}

TEST_F(Waiting, ABodyIsReadOnlyWhenThereIsATokenToSendItWith) {
  expire();
  send_body(10);
  begin();
  EXPECT_FALSE(client_.body_accepted);
  adopt("acme", "second", 1h, 2);
  EXPECT_TRUE(client_.body_accepted);
  EXPECT_EQ(exchange_->on_request_body("0123456789"), 10u);
  exchange_->on_request_end();
  EXPECT_EQ(upstream_.calls[0].body, "0123456789");
  EXPECT_TRUE(upstream_.calls[0].finished);
}

TEST_F(Waiting, LastsNoLongerThanTheOptionSays) {
  options_.max_token_wait = 5s;
  expire();
  begin();
  timers_.advance(4s);
  EXPECT_EQ(client_.status, 0);
  timers_.advance(1s);
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("grant_unavailable"));
  EXPECT_EQ(client_.field("Retry-After"), "1");
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 0u);
}

TEST_F(Waiting, IsNotProlongedByBeingToldTooEarly) {
  options_.max_token_wait = 5s;
  expire();
  begin();
  timers_.advance(4s);
  adopt("acme", "stillborn", 0s, 2);  // expired when it comes: it asks for the next
  EXPECT_EQ(refresher_.asked, 2);
  EXPECT_EQ(client_.status, 0);
  timers_.advance(1s);
  EXPECT_EQ(client_.status, 503);
}

TEST_F(Waiting, AFailedRefreshSaysWhenToComeBack) {
  expire();
  begin();
  grant().end_refresh("the token endpoint answers 500", clock_.now() + 30s);
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("grant_unavailable"));
  EXPECT_TRUE(body_has("the token endpoint answers 500"));
  EXPECT_EQ(client_.field("Retry-After"), "30");
}

TEST_F(Waiting, WhileTheKeeperRestsTheAnswerComesAtOnce) {
  expire();
  grant().end_refresh("the token endpoint answers 500", clock_.now() + 2500ms);
  begin();
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("grant_unavailable"));
  EXPECT_EQ(client_.field("Retry-After"), "3");
  EXPECT_EQ(refresher_.asked, 0);
}

// ---------------------------------------------------------- a refresh that failed, and the next

class WaitingOn : public Waiting {
 protected:
  // The refresh under way fails; the keeper tries again after `rest`.
  void fail(Duration rest) {
    refresher_.next = clock_.now() + rest;
    grant().end_refresh("the token endpoint answers 500", *refresher_.next);
  }
  // The keeper's next try.
  void try_again() {
    refresher_.next.reset();
    grant().begin_refresh();
  }
};

TEST_F(WaitingOn, AFailedRefreshIsOutlastedByWhoeverHasTheTime) {
  expire();
  begin();
  fail(200ms);
  EXPECT_EQ(client_.status, 0);
  timers_.advance(200ms);
  try_again();
  fail(400ms);
  EXPECT_EQ(client_.status, 0);
  timers_.advance(400ms);
  try_again();
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 1u);
  EXPECT_EQ(refresher_.asked, 1) << "who waits asks for nothing";
}

TEST_F(WaitingOn, LastsNoLongerThanTheOptionSays) {
  options_.max_token_wait = 5s;
  expire();
  begin();
  timers_.advance(1s);
  fail(3s);
  timers_.advance(3s);
  try_again();
  EXPECT_EQ(client_.status, 0);
  timers_.advance(1s);
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("grant_unavailable"));
  EXPECT_NE(client_.field("Retry-After"), "");
}

TEST_F(WaitingOn, EndsAtOnceWhenTheNextTryComesTooLate) {
  options_.max_token_wait = 5s;
  expire();
  begin();
  timers_.advance(2s);
  fail(3s);
  EXPECT_EQ(client_.status, 503);
  EXPECT_EQ(client_.field("Retry-After"), "3");
}

TEST_F(WaitingOn, EndsWhenTheCallerWantsItTo) {
  options_.limited = true;
  add_field("Prefer", "wait=1");
  expire();
  begin();
  fail(200ms);
  timers_.advance(200ms);
  try_again();
  timers_.advance(799ms);
  EXPECT_EQ(client_.status, 0);
  timers_.advance(1ms);
  EXPECT_EQ(client_.status, 503);
}

TEST_F(WaitingOn, DoesNotCountTheTimeThatSentryTook) {
  options_.limited = true;
  add_field("Prefer", "wait=2");
  begin();
  sentry_takes_ = 3s;
  answer_whole(401, kInvalid);
  fail(200ms);
  EXPECT_EQ(client_.status, 0);
}

TEST_F(WaitingOn, IsNothingForACallerInAHurry) {
  options_.limited = true;
  add_field("X-Postern-Max-Wait", "0");
  expire();
  begin();
  EXPECT_EQ(client_.status, 0) << "a refresh that goes well is nobody's wait";
  fail(200ms);
  EXPECT_EQ(client_.status, 503);
  EXPECT_EQ(client_.field("Retry-After"), "1");
}

TEST_F(WaitingOn, IsForThoseWhoComeWhileTheKeeperRestsToo) {
  expire();
  begin();
  fail(200ms);
  test::FakeResponder late;
  const auto exchange = relay_->handle(head_, caller_, late);
  EXPECT_EQ(late.status, 0);
  EXPECT_EQ(refresher_.asked, 1);
  try_again();
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(WaitingOn, ARefusedRequestIsSentAgainAfterTheTryThatSucceeds) {
  begin();
  answer_whole(401, kInvalid);
  fail(200ms);
  EXPECT_EQ(client_.status, 0);
  timers_.advance(200ms);
  try_again();
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  answer_whole(200, "hello");
  EXPECT_EQ(client_.status, 200);
}

TEST_F(WaitingOn, ARefusedRequestJoinsAKeeperThatRests) {
  refresher_.answer = FakeRefresher::Answer::kRests;
  refresher_.next = clock_.now() + 200ms;
  begin();
  answer_whole(401, kInvalid);
  EXPECT_EQ(client_.status, 0);
  try_again();
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(WaitingOn, AnUploadThatCannotBeSentAgainDoesNotWaitForNothing) {
  refresher_.answer = FakeRefresher::Answer::kRests;
  refresher_.next = clock_.now() + 200ms;
  send_body(200);
  begin();
  exchange_->on_request_body(std::string(200, 'x'));
  answer_whole(401, kInvalid);
  expect_unavailable();
}

TEST_F(WaitingOn, AFinalRefusalEndsIt) {
  expire();
  begin();
  fail(200ms);
  try_again();
  grant().revoke("Sentry says invalid_grant");
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("reauthorization_required"));
  EXPECT_EQ(timers_.set(), 0u);
}

TEST_F(Waiting, ARevokedGrantIsAnsweredAtOnceAndHealsByItself) {
  grant().revoke("Sentry says invalid_grant");
  begin();
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("reauthorization_required"));
  EXPECT_TRUE(body_has("postern login --grant acme"));
  EXPECT_TRUE(body_has("Sentry says invalid_grant"));
  EXPECT_EQ(sends(), 0u);
  EXPECT_EQ(refresher_.asked, 0);

  adopt("acme", "second", 1h, 2);
  test::FakeResponder next;
  const auto exchange = relay_->handle(head_, caller_, next);
  EXPECT_EQ(sends(), 1u);
}

TEST_F(Waiting, ATokenTakenAwayWhileWaitingNamesTheLogin) {
  expire();
  begin();
  refresher_.answer = FakeRefresher::Answer::kRests;
  registry_.find("acme")->adopt(nullptr);
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("grant_missing"));
  EXPECT_TRUE(body_has("postern login --grant acme"));
}

TEST_F(Waiting, AClientThatLeavesIsForgottenAndTheRefreshGoesOn) {
  expire();
  begin();
  exchange_->on_gone("client_closed");
  exchange_.reset();
  EXPECT_EQ(timers_.set(), 0u);
  EXPECT_EQ(grant().state(), grants::GrantState::kRefreshing);
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 0u);
}

TEST_F(Waiting, ATokenThatExpiresBeforeARetryIsReplacedFirst) {
  begin();
  expire();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kNone, true));
  EXPECT_EQ(sends(), 1u);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(last_authorization(), "Bearer second");
  EXPECT_TRUE(upstream_.calls[1].fresh);
}

TEST_F(Waiting, AThousandRequestsSettleOnceEach) {
  constexpr size_t kMany = 1000;
  expire();
  begin();
  std::vector<std::unique_ptr<test::FakeResponder>> clients;
  std::vector<std::unique_ptr<http::RequestHandler>> exchanges;
  for (size_t i = 1; i < kMany; ++i) {
    clients.push_back(std::make_unique<test::FakeResponder>());
    exchanges.push_back(relay_->handle(head_, caller_, *clients.back()));
  }
  exchanges[500].reset();  // one of them has no patience
  EXPECT_EQ(refresher_.asked, 1);
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), kMany - 1);
  for (const FakeUpstream::Opened& call : upstream_.calls)
    EXPECT_EQ(call.authorization, "Bearer second");
  EXPECT_EQ(timers_.set(), 0u);
  adopt("acme", "third", 1h, 3);
  EXPECT_EQ(sends(), kMany - 1) << "told twice";
  EXPECT_EQ(refresher_.asked, 1);
}

TEST_F(Waiting, AThousandRefusedRequestsShareOneRefresh) {
  constexpr size_t kMany = 1000;
  begin();
  std::vector<std::unique_ptr<test::FakeResponder>> clients;
  std::vector<std::unique_ptr<http::RequestHandler>> exchanges;
  for (size_t i = 1; i < kMany; ++i) {
    clients.push_back(std::make_unique<test::FakeResponder>());
    exchanges.push_back(relay_->handle(head_, caller_, *clients.back()));
  }
  http::ResponseHead refusal;
  refusal.status = 401;
  for (size_t i = 0; i < kMany; ++i) {
    http::UpstreamEvents& call = *upstream_.calls[i].events;
    call.on_sent(clock_.now());
    call.on_head(refusal);
    call.on_done();
  }
  EXPECT_EQ(refresher_.asked, 1);
  EXPECT_EQ(sends(), kMany);
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 2 * kMany);
  EXPECT_EQ(relay_->counters().replays, kMany);
}

// ------------------------------------------------------- requests that cannot be sent again

TEST_F(Waiting, AnUploadCountsAsAStreamUntilItsAnswersHead) {
  send_body(200);
  begin();
  EXPECT_EQ(grant().streams(), 1u);
  exchange_->on_request_body(std::string(200, 'x'));
  exchange_->on_request_end();
  EXPECT_EQ(grant().streams(), 1u);
  answer(200, "");
  EXPECT_EQ(grant().streams(), 0u);
  EXPECT_EQ(refresher_.streams_over, 1);
}

TEST_F(Waiting, WhatCanBeSentAgainIsNoStream) {
  send_body(100);
  begin();
  EXPECT_EQ(grant().streams(), 0u);
  exchange_->on_request_body(std::string(100, 'x'));
  EXPECT_EQ(grant().streams(), 0u);
}

TEST_F(Waiting, AChunkedBodyBecomesAStreamWhenItGrowsTooLarge) {
  send_body(0);
  head_.framing = http::Framing::chunked();
  begin();
  exchange_->on_request_body(std::string(100, 'x'));
  EXPECT_EQ(grant().streams(), 0u);
  exchange_->on_request_body("y");
  EXPECT_EQ(grant().streams(), 1u);
  exchange_->on_request_body("z");
  EXPECT_EQ(grant().streams(), 1u);
  exchange_->on_gone("client_closed");
  exchange_.reset();
  EXPECT_EQ(grant().streams(), 0u);
}

TEST_F(Waiting, WithoutRoomForItABodyIsAStream) {
  options_.replay_max_total = 50;
  send_body(60);
  begin();
  EXPECT_EQ(grant().streams(), 1u);
}

TEST_F(Waiting, RoomForBodiesIsCountedInTheBlocksThatTheyTake) {
  options_.replay_max_total = BlockPool::kBlockSize;
  send_body(10);
  begin();
  exchange_->on_request_body("0123456789");
  EXPECT_EQ(grant().streams(), 0u);
  test::FakeResponder late;
  const auto exchange = relay_->handle(head_, caller_, late);
  EXPECT_EQ(grant().streams(), 1u);
  exchange_.reset();
  test::FakeResponder later;
  const auto third = relay_->handle(head_, caller_, later);
  EXPECT_EQ(grant().streams(), 1u) << "what was kept is free again";
}

TEST_F(Waiting, AStreamThatFailsIsOver) {
  send_body(200);
  begin();
  exchange_->on_request_body(std::string(200, 'x'));
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kMaybe, true));
  EXPECT_EQ(client_.status, 502);
  EXPECT_EQ(grant().streams(), 0u);
}

TEST_F(Waiting, AnUploadIsHeldBackBeforeAnEarlyRefreshAndAGetIsNot) {
  grant().hold(true);
  send_body(200);
  begin();
  EXPECT_EQ(sends(), 0u);
  EXPECT_EQ(grant().streams(), 0u);

  test::FakeResponder other;
  http::RequestHead get = head_;
  get.framing = http::Framing::none();
  const auto exchange = relay_->handle(get, caller_, other);
  EXPECT_EQ(sends(), 1u);

  grant().hold(false);
  EXPECT_EQ(sends(), 2u);
  EXPECT_EQ(grant().streams(), 1u);
}

}  // namespace
}  // namespace postern::relay
