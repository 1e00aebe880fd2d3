// What SDKs send by a DSN: refused with a hint, or passed without a token.
#include <gtest/gtest.h>

#include "relay/builders.h"
#include "relay/exchange_fixture.h"

namespace postern::relay {
namespace {

class IngestTest : public ExchangeTest {
 protected:
  IngestTest() {
    send_body(3);
    head_.method = http::Method::kPost;
    head_.method_text = "POST";
    set_target("/api/42/envelope/");
    add_field("X-Sentry-Auth", "Sentry sentry_key=abc, sentry_version=7");
  }
  void pass() {
    options_.ingest = Ingest::kPass;
    begin();
  }
};

TEST_F(IngestTest, IsRefusedWithAHint) {
  begin();
  EXPECT_TRUE(upstream_.calls.empty());
  EXPECT_EQ(client_.status, 404);
  EXPECT_NE(client_.body.find("not_an_api_path"), std::string::npos);
  EXPECT_NE(client_.body.find("DSN"), std::string::npos);
  EXPECT_NE(client_.body.find("sentry.ingest"), std::string::npos);
}

TEST_F(IngestTest, PassesWithItsOwnKeyAndWithoutAToken) {
  pass();
  ASSERT_EQ(upstream_.calls.size(), 1u);
  FakeUpstream::Opened& call = upstream_.calls[0];
  EXPECT_EQ(call.authority, "sentry.example");
  EXPECT_EQ(call.target, "/api/42/envelope/");
  EXPECT_EQ(call.fields["X-Sentry-Auth"], "Sentry sentry_key=abc, sentry_version=7");
  EXPECT_EQ(call.fields.count("Authorization"), 0u);
  EXPECT_EQ(exchange_->on_request_body("abc"), 3u);
  exchange_->on_request_end();
  EXPECT_EQ(call.body, "abc");
  EXPECT_TRUE(call.finished);
  answer_fields_ = fields_of({{"Retry-After", "60"}, {"X-Sentry-Rate-Limits", "60::org"}});
  answer(429, "{}");
  upstream_.last().on_done();
  EXPECT_EQ(client_.status, 429);
  EXPECT_EQ(client_.field("X-Sentry-Rate-Limits"), "60::org");
  EXPECT_TRUE(client_.ended);
}

// A wrong key. There is no grant whose scopes could be looked at.
TEST_F(IngestTest, A403PassesAsItComes) {
  pass();
  answer(403, R"({"detail":"bad sentry DSN public key"})");
  EXPECT_EQ(client_.status, 403);
}

TEST_F(IngestTest, AnAuthorizationPassesOnlyIfItIsADsns) {
  add_field("Authorization", "Bearer of-the-caller");
  pass();
  EXPECT_EQ(upstream_.calls[0].fields.count("Authorization"), 0u);
  head_.fields.back().value = "Sentry sentry_key=abc";
  begin();
  EXPECT_EQ(upstream_.calls[1].fields["Authorization"], "Sentry sentry_key=abc");
}

TEST_F(IngestTest, NeedsNoTokenAndTells401sAsTheyCome) {
  registry_.find("acme")->adopt(nullptr);
  pass();
  ASSERT_EQ(upstream_.calls.size(), 1u);
  answer(401, R"({"detail":"Invalid token"})");
  EXPECT_EQ(client_.status, 401);
}

TEST_F(IngestTest, IsSentAgainWhenNothingHasGoneOut) {
  pass();
  upstream_.last().on_fail(FakeUpstream::closed(http::Sent::kNone, true));
  ASSERT_EQ(upstream_.calls.size(), 2u);
  EXPECT_EQ(upstream_.calls[1].fields.count("Authorization"), 0u);
}

TEST_F(IngestTest, TooManyAtOnceAreToldToComeAgain) {
  options_.ingest_connections = 1;
  options_.ingest = Ingest::kPass;
  make_relay();
  exchange_ = relay_->handle(head_, caller_, client_);
  test::FakeResponder second;
  auto refused = relay_->handle(head_, caller_, second);
  EXPECT_EQ(upstream_.calls.size(), 1u);
  EXPECT_EQ(second.status, 503);
  EXPECT_NE(second.body.find("queue_full"), std::string::npos);
  EXPECT_EQ(second.field("Retry-After"), "1");
  EXPECT_EQ(relay_->explain({"POST", "/api/42/envelope/"})->now.reason, "queue_full");
}

TEST_F(IngestTest, RoomIsGivenBackWhenTheAnswerIsHereOrTheCallerHasGone) {
  options_.ingest_connections = 1;
  options_.ingest = Ingest::kPass;
  make_relay();
  exchange_ = relay_->handle(head_, caller_, client_);
  answer(200, "{}");
  upstream_.last().on_done();
  test::FakeResponder second;
  test::FakeResponder third;
  auto other = relay_->handle(head_, caller_, second);
  EXPECT_EQ(upstream_.calls.size(), 2u) << "the first client may take its time";
  other.reset();
  other = relay_->handle(head_, caller_, third);
  EXPECT_EQ(upstream_.calls.size(), 3u);
}

TEST_F(IngestTest, CallsOfTheApiAreNotCounted) {
  options_.ingest_connections = 1;
  options_.ingest = Ingest::kPass;
  make_relay();
  exchange_ = relay_->handle(head_, caller_, client_);
  http::RequestHead call = head_;
  call.target = call.path = "/api/0/organizations/acme/";
  test::FakeResponder client;
  auto other = relay_->handle(call, caller_, client);
  EXPECT_EQ(upstream_.calls.size(), 2u);
}

TEST_F(IngestTest, TheApiItselfIsNotMeant) {
  options_.ingest = Ingest::kPass;
  for (const std::string_view path :
       {"/api/42", "/api/42/", "/api/042/envelope/", "/api/x/envelope/",
        "/api/42/../0/organizations/", "/oauth/token/"}) {
    client_ = {};
    set_target(path);
    begin();
    EXPECT_TRUE(client_.status == 404 || client_.status == 400) << path;
  }
  EXPECT_TRUE(upstream_.calls.empty());
}

TEST_F(IngestTest, WithMoreThanOneSentryTheListenerSaysWhich) {
  options_.ingest = Ingest::kPass;
  FakeUpstream other;
  relay_ = std::make_unique<Relay>(options_, registry_, clock_, timers_, logger_, 1);
  relay_->add_route(*registry_.find("acme"), upstream_, "https://sentry.example", {});
  relay_->add_route(*registry_.find("globex"), other, "https://sentry.other", {});
  exchange_ = relay_->handle(head_, caller_, client_);
  EXPECT_EQ(client_.status, 409);
  caller_.grant_ceiling = "globex";
  client_ = {};
  exchange_ = relay_->handle(head_, caller_, client_);
  ASSERT_EQ(other.calls.size(), 1u);
  EXPECT_EQ(other.calls[0].authority, "sentry.other");
  exchange_.reset();
}

}  // namespace
}  // namespace postern::relay
