#include "relay/exchange.h"

#include <gtest/gtest.h>

#include "relay/relay.h"
#include "support/fake_clock.h"
#include "support/fake_responder.h"
#include "support/fake_upstream.h"

namespace postern::relay {
namespace {

using namespace std::chrono_literals;
using test::FakeUpstream;

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest()
      : logger_({log::Level::kInfo, log::Format::kText, true, 64},
                [this](std::string_view bytes) { log_ += bytes; }),
        registry_(grants()) {
    options_.max_body = 1000;
    options_.replay_max_body = 100;
    caller_.listener = "127.0.0.1:7979";
    caller_.address = "127.0.0.1:5000";
    head_.method = http::Method::kGet;
    head_.method_text = "GET";
    head_.authority = "localhost:7979";
    set_target("/api/0/organizations/acme/");
    add_field("Host", "localhost:7979");
    adopt("acme", "secret-of-acme", 1h);
  }

  static std::vector<grants::GrantOptions> grants() {
    std::vector<grants::GrantOptions> all(2);
    all[0].name = all[0].organization = "acme";
    all[1].name = all[1].organization = "globex";
    return all;
  }

  void adopt(std::string_view name, const std::string& token, Duration life) {
    auto made = std::make_shared<grants::Token>();
    made->access = Secret(token);
    made->authorization = Secret("Bearer " + token);
    made->dies_at = clock_.now() + life;
    registry_.find(name)->adopt(made);
  }

  void set_target(std::string_view target) { head_.target = head_.path = target; }
  void add_field(std::string_view name, std::string_view value) {
    head_.fields.push_back({name, value, http::field_name(name)});
  }
  void send_body(size_t length) {
    head_.method = http::Method::kPut;
    head_.method_text = "PUT";
    head_.framing = http::Framing::of_length(length);
  }

  void begin() {
    relay_ = std::make_unique<Relay>(options_, registry_, clock_, logger_, 1);
    for (const auto& grant : registry_.all())
      relay_->add_route(*grant, upstream_, "https://sentry.example", {"us"});
    exchange_ = relay_->handle(head_, caller_, client_);
  }

  void answer(int status, std::string_view body) {
    http::ResponseHead head;
    head.status = status;
    head.reason = "Whatever";
    head.fields = answer_fields_;
    head.framing = http::Framing::of_length(body.size());
    upstream_.last().on_sent(clock_.now());
    upstream_.last().on_head(head);
    if (!body.empty()) upstream_.last().on_body(body);
  }

  std::string finished_log() {
    exchange_.reset();
    logger_.flush();
    return log_;
  }

  std::string log_;
  test::FakeClock clock_;
  log::Logger logger_;
  Options options_;
  grants::Registry registry_;
  FakeUpstream upstream_;
  test::FakeResponder client_;
  http::RequestHead head_;
  http::Caller caller_;
  http::Fields answer_fields_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<http::RequestHandler> exchange_;
};

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
