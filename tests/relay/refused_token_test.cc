// Sentry refuses the token: what is sent again, with which token, and what the caller sees.
#include "relay/token_fixture.h"

namespace postern::relay {
namespace {

using RefusedToken = TokenTest;

TEST_F(RefusedToken, AGetIsSentAgainWithTheNewTokenAndTheCallerSeesNothing) {
  begin();
  answer_whole(401, kInvalid);
  EXPECT_EQ(client_.status, 0);
  EXPECT_EQ(refresher_.asked, 1);
  EXPECT_EQ(sends(), 1u) << "nothing to send it with yet";

  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(last_authorization(), "Bearer second");
  answer_whole(200, "hello");
  EXPECT_EQ(client_.status, 200);
  EXPECT_EQ(client_.body, "hello");
  EXPECT_TRUE(client_.ended);
  EXPECT_EQ(relay_->counters().replays, 1u);
}

TEST_F(RefusedToken, APostIsSentAgainWithItsBody) {
  send_body(10);
  method(http::Method::kPost, "POST");
  begin();
  exchange_->on_request_body("0123456789");
  exchange_->on_request_end();
  answer_whole(401, kInvalid);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(upstream_.calls[1].body, "0123456789");
  EXPECT_TRUE(upstream_.calls[1].finished);
  answer_whole(201, "made");
  EXPECT_EQ(client_.status, 201);
}

TEST_F(RefusedToken, ABodyOfManyBlocksIsSentAgainAsItWas) {
  std::string body;
  for (size_t i = 0; body.size() < 5 * BlockPool::kBlockSize; ++i) body += std::to_string(i);
  options_.max_body = options_.replay_max_body = body.size();
  send_body(body.size());
  begin();
  for (size_t at = 0; at < body.size(); at += 10007) {
    exchange_->on_request_body(std::string_view(body).substr(at, 10007));
  }
  exchange_->on_request_end();
  answer_whole(401, kInvalid);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  EXPECT_TRUE(upstream_.calls[1].body == body);
  EXPECT_TRUE(upstream_.calls[1].finished);
}

TEST_F(RefusedToken, AChunkedBodyThatHasEndedIsSentAgain) {
  send_body(0);
  head_.framing = http::Framing::chunked();
  begin();
  exchange_->on_request_body("01234");
  exchange_->on_request_end();
  answer_whole(401, kInvalid);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(upstream_.calls[1].body, "01234");
}

TEST_F(RefusedToken, AnEarlyRefusalLetsTheRestOfTheBodyFollow) {
  send_body(10);
  begin();
  exchange_->on_request_body("01234");
  answer_whole(401, kInvalid);
  EXPECT_EQ(exchange_->on_request_body("56789"), 0u) << "nobody there to take it";
  adopt("acme", "second", 1h, 2);
  EXPECT_GT(client_.resumed, 0);
  EXPECT_EQ(exchange_->on_request_body("56789"), 5u);
  exchange_->on_request_end();
  EXPECT_EQ(upstream_.calls[1].body, "0123456789");
  EXPECT_TRUE(upstream_.calls[1].finished);
}

TEST_F(RefusedToken, ABodyTooLargeToKeepIsNotSentAgainButTheTokenIsRefreshed) {
  send_body(200);
  begin();
  exchange_->on_request_body(std::string(200, 'x'));
  exchange_->on_request_end();
  answer_whole(401, kInvalid);
  EXPECT_EQ(refresher_.asked, 1);
  EXPECT_EQ(sends(), 1u);
  EXPECT_EQ(client_.status, 401);
  EXPECT_EQ(client_.body, kInvalid);
  EXPECT_TRUE(client_.ended);
}

// Uploads that are too large to be sent again, one after the other.
class RefusedUpload : public TokenTest {
 protected:
  void upload(int status) {
    exchange_.reset();
    client_ = {};
    send_body(200);
    begin();
    exchange_->on_request_body(std::string(200, 'x'));
    exchange_->on_request_end();
    answer_whole(status, kInvalid);
    ASSERT_EQ(client_.status, status);
  }
  void renew(uint64_t generation) {
    adopt("acme", "next", 1h, generation);
    clock_.advance(1min);
  }
};

TEST_F(RefusedUpload, AgainWithTheNewTokenStartsNoFurtherRefresh) {
  upload(401);
  EXPECT_EQ(refresher_.asked, 1);
  renew(2);
  for (int i = 0; i < 5; ++i) {
    upload(401);
    clock_.advance(1min);
  }
  EXPECT_EQ(refresher_.asked, 1);
}

TEST_F(RefusedUpload, StartsTheNextRefreshWhenItsKindHasBeenWelcomeMeanwhile) {
  upload(401);
  renew(2);
  upload(200);
  clock_.advance(1min);
  upload(401);
  EXPECT_EQ(refresher_.asked, 2);
}

TEST_F(RefusedToken, AnOlderGenerationIsSentAgainWithoutARefresh) {
  begin();
  adopt("acme", "second", 1h, 2);
  answer_whole(401, kInvalid);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(last_authorization(), "Bearer second");
  EXPECT_EQ(refresher_.asked, 0);
}

TEST_F(RefusedToken, ATokenJustMadeIsTriedAgainAfterAWhile) {
  adopt("acme", "second", 1h, 2);
  begin();
  answer_whole(401, kInvalid);
  EXPECT_EQ(sends(), 1u) << "not at once";
  EXPECT_EQ(client_.status, 0);
  timers_.advance(100ms);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(last_authorization(), "Bearer second");
  answer_whole(200, "hello");
  EXPECT_EQ(client_.status, 200);
  EXPECT_EQ(refresher_.asked, 0);
  const std::string line = finished_log();
  EXPECT_NE(line.find("token_retried"), std::string::npos) << line;
}

TEST_F(RefusedToken, ATokenThatStaysUnknownIsRefreshedInTheEnd) {
  adopt("acme", "second", 1h, 2);
  begin();
  size_t tries = 0;
  while (refresher_.asked == 0 && tries < 10) {
    answer_whole(401, kInvalid);
    ASSERT_EQ(sends(), ++tries);
    timers_.advance(refresher_.asked == 0 ? 6s : 0s);
  }
  EXPECT_GE(tries, 2u);
  EXPECT_EQ(refresher_.asked, 1);
  EXPECT_EQ(client_.status, 0);
  adopt("acme", "third", 1h, 3);
  answer_whole(200, "hello");
  EXPECT_EQ(client_.status, 200);
}

TEST_F(RefusedToken, DuringLagANewerTokenIsTakenWhenThereIsOne) {
  adopt("acme", "second", 1h, 2);
  begin();
  answer_whole(401, kInvalid);
  adopt("acme", "third", 1h, 3);
  timers_.advance(1s);
  ASSERT_EQ(sends(), 2u);
  EXPECT_EQ(last_authorization(), "Bearer third");
}

TEST_F(RefusedToken, ATokenProvedAliveIsTriedOnceMoreAndThenNotBlamed) {
  begin();
  upstream_.last().on_sent(clock_.now());
  grant().worked(1, clock_.now() + 1s);
  answer_whole(401, kInvalid);
  timers_.advance(1s);
  ASSERT_EQ(sends(), 2u);
  upstream_.last().on_sent(clock_.now());
  grant().worked(1, clock_.now() + 1s);
  answer_whole(401, kInvalid);
  EXPECT_EQ(refresher_.asked, 0);
  EXPECT_EQ(client_.status, 401);
  EXPECT_EQ(client_.body, kInvalid);
}

TEST_F(RefusedToken, AnAnswerOfClass2xxIsTheProof) {
  begin();
  answer_whole(204, "");
  // The same token, refused for a request that was sent at the same moment.
  EXPECT_NE(grant().refused({1, clock_.now(), "GET /", 0, 0}, clock_.now()).verdict,
            grants::Verdict::kWait);
  EXPECT_EQ(refresher_.asked, 0);
}

TEST_F(RefusedToken, OtherAnswersAreNoProof) {
  begin();
  answer_whole(404, "");
  EXPECT_EQ(grant().refused({1, clock_.now(), "GET /", 0, 0}, clock_.now()).verdict,
            grants::Verdict::kWait);
}

TEST_F(RefusedToken, IsPassedOnAsItCameAfterOneReplay) {
  begin();
  answer_whole(401, kInvalid);
  adopt("acme", "second", 1h, 2);
  clock_.advance(1min);
  answer_fields_ = {{"WWW-Authenticate", "xBasic realm=\"api\"", http::FieldName::kOther}};
  answer_whole(401, R"({"detail":"Token expired"})");
  EXPECT_EQ(sends(), 2u);
  EXPECT_EQ(refresher_.asked, 1);
  EXPECT_EQ(client_.status, 401);
  EXPECT_EQ(client_.body, R"({"detail":"Token expired"})");
  EXPECT_EQ(client_.field("WWW-Authenticate"), "xBasic realm=\"api\"");
  EXPECT_EQ(client_.field("X-Postern-Generated"), "");
  EXPECT_TRUE(client_.ended);

  // And this kind of request starts no refresh for a while.
  test::FakeResponder other;
  exchange_ = relay_->handle(head_, caller_, other);
  answer_whole(401, kInvalid);
  EXPECT_EQ(refresher_.asked, 1);
  EXPECT_EQ(other.status, 401);
}

TEST_F(RefusedToken, AFailedRefreshIsNo401OfTheCallers) {
  begin();
  answer_whole(401, kInvalid);
  grant().end_refresh("the token endpoint does not answer", clock_.now() + 1min);
  EXPECT_EQ(sends(), 1u);
  expect_unavailable();
  EXPECT_TRUE(client_.ended);
}

TEST_F(RefusedToken, ARefreshThatCannotStartIsNo401OfTheCallers) {
  refresher_.answer = FakeRefresher::Answer::kRests;
  begin();
  answer_whole(401, kInvalid);
  expect_unavailable();
}

TEST_F(RefusedToken, ARefreshThatNeverEndsIsNo401OfTheCallers) {
  begin();
  answer_whole(401, kInvalid);
  timers_.advance(19s);
  EXPECT_EQ(client_.status, 0);
  timers_.advance(1s);
  expect_unavailable();
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 1u);
}

TEST_F(RefusedToken, TheRefreshSaysThatAPersonIsNeeded) {
  begin();
  answer_whole(401, kInvalid);
  grant().revoke("the refresh token is gone");
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("reauthorization_required"));
  EXPECT_TRUE(body_has("postern login --grant acme"));
  EXPECT_TRUE(body_has("the refresh token is gone"));
  EXPECT_EQ(timers_.set(), 0u);
}

TEST_F(RefusedToken, OfAKindThatCannotBeRefreshedNeedsAPerson) {
  refresher_.answer = FakeRefresher::Answer::kRevokes;
  begin();
  answer_whole(401, kInvalid);
  EXPECT_EQ(client_.status, 503);
  EXPECT_TRUE(body_has("reauthorization_required"));
  EXPECT_EQ(client_.field("X-Postern-Generated"), "1");
  EXPECT_EQ(sends(), 1u);
}

TEST_F(RefusedToken, HasABudgetOfItsOwnBesideConnections) {
  begin();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kNone, true));
  ASSERT_EQ(sends(), 2u);
  answer_whole(401, kInvalid);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 3u);
  answer_whole(200, "hello");
  EXPECT_EQ(client_.status, 200);
  const std::string line = finished_log();
  EXPECT_NE(line.find("attempts=3"), std::string::npos) << line;
  EXPECT_NE(line.find("token_replaced"), std::string::npos) << line;
}

TEST_F(RefusedToken, AReplayMayLoseItsConnectionToo) {
  begin();
  answer_whole(401, kInvalid);
  adopt("acme", "second", 1h, 2);
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kNone, true));
  ASSERT_EQ(sends(), 3u);
  EXPECT_EQ(last_authorization(), "Bearer second");
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kNone, true));
  EXPECT_EQ(client_.status, 502) << "whether Sentry has carried it out is not known";
}

TEST_F(RefusedToken, TimesOfAllAttemptsAddUp) {
  begin();
  clock_.advance(10ms);
  upstream_.last().on_sent(clock_.now());
  clock_.advance(20ms);
  http::ResponseHead head;
  head.status = 401;
  upstream_.last().on_head(head);
  upstream_.last().on_done();
  clock_.advance(300ms);
  adopt("acme", "second", 1h, 2);
  upstream_.last().on_sent(clock_.now());
  clock_.advance(40ms);
  head.status = 200;
  upstream_.last().on_head(head);
  EXPECT_EQ(client_.field("Server-Timing"), "queue;dur=310.000, upstream;dur=60.000");
}

TEST_F(RefusedToken, AClientThatLeavesWhileANewTokenIsAwaitedIsForgotten) {
  begin();
  answer_whole(401, kInvalid);
  exchange_->on_gone("client_closed");
  exchange_.reset();
  EXPECT_EQ(timers_.set(), 0u);
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 1u);
  EXPECT_EQ(client_.status, 0);
  logger_.flush();
  EXPECT_NE(log_.find("client_closed"), std::string::npos) << log_;
}

TEST_F(RefusedToken, AClientThatLeavesDuringLagIsForgotten) {
  adopt("acme", "second", 1h, 2);
  begin();
  answer_whole(401, kInvalid);
  EXPECT_EQ(timers_.set(), 1u);
  exchange_.reset();
  EXPECT_EQ(timers_.set(), 0u);
  timers_.advance(10s);
  EXPECT_EQ(sends(), 1u);
}

TEST_F(RefusedToken, ABodyThatBreaksWhileANewTokenIsAwaitedIsAnsweredOnce) {
  send_body(10);
  begin();
  exchange_->on_request_body("01234");
  answer_whole(401, kInvalid);
  exchange_->on_request_error({400, "the body broke off"});
  EXPECT_EQ(client_.status, 400);
  adopt("acme", "second", 1h, 2);
  timers_.advance(1min);
  EXPECT_EQ(sends(), 1u);
}

TEST_F(RefusedToken, TheUsualRequestMakesNoTimer) {
  begin();
  answer_whole(200, "hello");
  EXPECT_EQ(timers_.made, 0);
}

}  // namespace
}  // namespace postern::relay
