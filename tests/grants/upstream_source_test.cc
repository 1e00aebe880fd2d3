#include "grants/upstream_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/documents.h"
#include "support/fake_clock.h"
#include "support/fake_timers.h"
#include "support/fake_upstream.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using http::Sent;
using postern::test::FakeClock;
using postern::test::FakeTimers;
using postern::test::FakeUpstream;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Kind = TokenRefusal::Kind;

constexpr const char* kTokens =
    R"({"access_token": "new-access", "refresh_token": "new-refresh", "expires_in": 60})";
constexpr const char* kInstalled = R"({"token": "new-access", "refreshToken": "new-refresh"})";

GrantOptions oauth() {
  GrantOptions grant;
  grant.name = "acme";
  grant.sentry_url = "https://sentry.test";
  grant.client = {"client-1", Secret("sesame"), ClientAuth::kForm};
  return grant;
}

GrantOptions integration() {
  GrantOptions grant = oauth();
  grant.kind = grants::Kind::kIntegration;
  grant.installation = "11111111-2222-4333-8444-555555555555";
  grant.code = Secret("code-1");
  return grant;
}

StoredGrant pair() {
  StoredGrant stored;
  stored.generation = 1;
  stored.access_token = Secret("old-access");
  stored.refresh_token = Secret("old-refresh");
  return stored;
}

class UpstreamSourceTest : public ::testing::Test {
 protected:
  void make(GrantOptions options) {
    grant_ = std::move(options);
    source_ = make_token_source(grant_, upstream_, "sentry.test", timers_, clock_, 30s);
  }
  void refresh(const StoredGrant& present) {
    outcome_.reset();
    source_->refresh(present, [this](TokenOutcome outcome) { outcome_ = std::move(outcome); });
  }
  std::string& body() { return upstream_.calls.back().body; }
  void head(int status, http::Fields fields = {}) {
    http::ResponseHead head;
    head.status = status;
    head.fields = std::move(fields);
    upstream_.last().on_head(head);
  }
  void answer(int status, std::string_view text, http::Fields fields = {}) {
    upstream_.last().on_sent(clock_.now());
    head(status, std::move(fields));
    upstream_.last().on_body(text);
    upstream_.last().on_done();
  }
  void breaks(Sent sent) {
    http::Failure failure = FakeUpstream::closed(sent, false);
    failure.stage = "response";
    upstream_.last().on_fail(failure);
  }
  Kind refused() const {
    EXPECT_TRUE(outcome_.has_value() && !*outcome_);
    return outcome_->error().kind;
  }

  FakeClock clock_;
  FakeTimers timers_{clock_};
  FakeUpstream upstream_;
  GrantOptions grant_;
  std::unique_ptr<TokenSource> source_;
  std::optional<TokenOutcome> outcome_;
};

TEST_F(UpstreamSourceTest, ARefreshIsOneRequestOverAConnectionThatCannotBeStale) {
  make(oauth());
  EXPECT_TRUE(source_->can_refresh(pair()));
  EXPECT_TRUE(source_->is_single_use(pair()));
  refresh(pair());
  ASSERT_EQ(upstream_.calls.size(), 1U);
  EXPECT_TRUE(upstream_.calls[0].fresh);
  EXPECT_TRUE(upstream_.calls[0].finished);
  EXPECT_EQ(upstream_.calls[0].target, "/oauth/token/");
  EXPECT_THAT(body(), StartsWith("grant_type=refresh_token&refresh_token=old-refresh&"));
  EXPECT_FALSE(outcome_);  // never from inside
  answer(200, kTokens);
  ASSERT_TRUE(outcome_ && *outcome_);
  EXPECT_EQ((*outcome_)->access_token.reveal(), "new-access");
  EXPECT_EQ(upstream_.calls[0].credited, std::string_view(kTokens).size());
  EXPECT_EQ(timers_.set(), 0U);
}

TEST_F(UpstreamSourceTest, TheLifetimeCountsFromWhenTheRequestWasSent) {
  make(oauth());
  refresh(pair());
  clock_.advance(3s);
  const Instant sent = clock_.now();
  const WallTime wall = clock_.wall();
  upstream_.last().on_sent(sent);
  clock_.advance(4s);
  head(200);
  upstream_.last().on_body(kTokens);
  upstream_.last().on_done();
  ASSERT_TRUE(outcome_ && *outcome_);
  EXPECT_EQ((*outcome_)->sent_at, sent);
  EXPECT_EQ((*outcome_)->lifetime, 60s);
  EXPECT_EQ((*outcome_)->expires_at, wall + 60s);
}

TEST_F(UpstreamSourceTest, ABodyThatFindsNoRoomIsSentInPieces) {
  upstream_.room = 5;
  make(oauth());
  refresh(pair());
  EXPECT_EQ(body(), "grant");
  EXPECT_FALSE(upstream_.calls[0].finished);
  upstream_.room = SIZE_MAX;
  upstream_.last().on_writable();
  EXPECT_THAT(body(), StartsWith("grant_type=refresh_token&"));
  EXPECT_TRUE(upstream_.calls[0].finished);
}

TEST_F(UpstreamSourceTest, AFailureIsLostOnlyWhenTheRequestMayHaveBeenSeen) {
  struct Case {
    Sent sent;
    Kind kind;
  };
  for (const Case& c : {Case{Sent::kNone, Kind::kTransient}, Case{Sent::kMaybe, Kind::kLost},
                        Case{Sent::kHeadSeen, Kind::kLost}}) {
    make(oauth());
    refresh(pair());
    breaks(c.sent);
    EXPECT_EQ(refused(), c.kind);
    EXPECT_EQ((*outcome_).error().detail, "the token endpoint: response: closed");
    EXPECT_EQ(timers_.set(), 0U);
  }
}

TEST_F(UpstreamSourceTest, AnAnswerThatIsCutIsLost) {
  make(oauth());
  refresh(pair());
  upstream_.last().on_sent(clock_.now());
  head(200);
  upstream_.last().on_body(R"({"access_token": "new-acc)");
  breaks(Sent::kHeadSeen);
  EXPECT_EQ(refused(), Kind::kLost);
  EXPECT_THAT((*outcome_).error().detail, Not(HasSubstr("new-acc")));
}

TEST_F(UpstreamSourceTest, ARefusalThatIsCutIsARefusal) {
  make(oauth());
  refresh(pair());
  upstream_.last().on_sent(clock_.now());
  head(429, {{"Retry-After", "7", http::FieldName::kRetryAfter}});
  breaks(Sent::kHeadSeen);
  EXPECT_EQ(refused(), Kind::kTransient);
  EXPECT_EQ((*outcome_).error().retry_after, Duration(7s));
}

TEST_F(UpstreamSourceTest, AHangEndsAtTheTimeoutAndCancelsTheCall) {
  for (bool sent : {false, true}) {
    make(oauth());
    refresh(pair());
    if (sent) upstream_.last().on_sent(clock_.now());
    timers_.advance(29s);
    EXPECT_FALSE(outcome_);
    timers_.advance(1s);
    EXPECT_EQ(refused(), sent ? Kind::kLost : Kind::kTransient);
    EXPECT_TRUE(upstream_.calls.back().cancelled);
  }
}

TEST_F(UpstreamSourceTest, WhatIsSentBitByBitDoesNotOutlastTheTimeout) {
  make(oauth());
  refresh(pair());
  upstream_.last().on_sent(clock_.now());
  head(200);
  for (int i = 0; i < 30; ++i) {
    ASSERT_FALSE(outcome_);
    upstream_.last().on_body(" ");
    timers_.advance(1s);
  }
  EXPECT_EQ(refused(), Kind::kLost);
}

TEST_F(UpstreamSourceTest, AnAnswerWithoutEndIsNotKeptAndOfNoUse) {
  make(oauth());
  refresh(pair());
  upstream_.last().on_sent(clock_.now());
  head(200);
  upstream_.last().on_body(kTokens);
  const std::string blanks(kMaxDocument, ' ');
  for (int i = 0; i < 100; ++i) upstream_.last().on_body(blanks);
  upstream_.last().on_done();
  EXPECT_EQ(refused(), Kind::kLost);
  EXPECT_THAT((*outcome_).error().detail, HasSubstr("larger than"));
  EXPECT_EQ(upstream_.calls[0].credited, std::string_view(kTokens).size() + 100 * kMaxDocument);
}

TEST_F(UpstreamSourceTest, RedirectsAreNotFollowed) {
  make(oauth());
  refresh(pair());
  answer(307, "", {{"Location", "https://evil.test/"}});
  EXPECT_EQ(refused(), Kind::kTransient);
  EXPECT_EQ(upstream_.calls.size(), 1U);
  EXPECT_THAT((*outcome_).error().detail, Not(HasSubstr("evil")));
}

TEST_F(UpstreamSourceTest, ACancelledRefreshReportsNothing) {
  make(oauth());
  refresh(pair());
  source_->cancel();
  EXPECT_TRUE(upstream_.calls[0].cancelled);
  timers_.advance(1h);
  EXPECT_FALSE(outcome_);
  refresh(pair());
  answer(200, kTokens);
  EXPECT_TRUE(outcome_ && *outcome_);
}

TEST_F(UpstreamSourceTest, AnotherRefreshMayBeginInsideTheReport) {
  make(oauth());
  int reports = 0;
  source_->refresh(pair(), [&](const TokenOutcome&) {
    ++reports;
    source_->refresh(pair(), [&](const TokenOutcome&) { ++reports; });
  });
  breaks(Sent::kNone);
  EXPECT_EQ(reports, 1);
  answer(200, kTokens);
  EXPECT_EQ(reports, 2);
}

TEST_F(UpstreamSourceTest, WithoutARefreshTokenThereIsNothingToAskWith) {
  make(oauth());
  StoredGrant stored = pair();
  stored.refresh_token = Secret();
  EXPECT_FALSE(source_->can_refresh(stored));
  EXPECT_FALSE(source_->can_refresh({}));
}

TEST_F(UpstreamSourceTest, AStaticGrantHasNoSource) {
  GrantOptions grant = oauth();
  grant.kind = grants::Kind::kStatic;
  make(grant);
  EXPECT_EQ(source_, nullptr);
}

// ------------------------------------------------------------------------------- installations

constexpr const char* kCodeExchange = R"({"grant_type":"authorization_code","code":"code-1",)";
constexpr const char* kAssertion =
    R"({"grant_type":"urn:sentry:params:oauth:grant-type:jwt-bearer")";
constexpr const char* kRefresh = R"({"grant_type":"refresh_token","refresh_token":"old-refresh",)";

TEST_F(UpstreamSourceTest, AnInstallationsFirstTokenIsMadeByItsCode) {
  make(integration());
  EXPECT_TRUE(source_->can_refresh({}));
  EXPECT_TRUE(source_->is_single_use({}));
  refresh({});
  EXPECT_THAT(body(), StartsWith(kCodeExchange));
  answer(201, kInstalled);
  ASSERT_TRUE(outcome_ && *outcome_);
  EXPECT_EQ((*outcome_)->refresh_token.reveal(), "new-refresh");
}

TEST_F(UpstreamSourceTest, AnAssertionIsPreferredAndUsesNothingUp) {
  make(integration());
  EXPECT_TRUE(source_->can_refresh(pair()));
  EXPECT_FALSE(source_->is_single_use(pair()));
  refresh(pair());
  EXPECT_THAT(body(), StartsWith(kAssertion));
  EXPECT_THAT(upstream_.calls.back().authorization, StartsWith("Bearer ey"));
  answer(201, kInstalled);
  EXPECT_TRUE(outcome_ && *outcome_);
  StoredGrant stored = pair();
  stored.refresh_token = Secret();
  EXPECT_TRUE(source_->can_refresh(stored));
}

TEST_F(UpstreamSourceTest, WithoutASecretTheRefreshTokenIsUsed) {
  GrantOptions grant = integration();
  grant.client.secret = Secret();
  make(grant);
  EXPECT_TRUE(source_->is_single_use(pair()));
  refresh(pair());
  EXPECT_THAT(body(), StartsWith(kRefresh));
}

TEST_F(UpstreamSourceTest, WhereAssertionsAreRefusedTheRefreshTokenTakesOverForGood) {
  make(integration());
  refresh(pair());
  answer(403, R"({"detail": "Manual token refresh is not enabled for this organization"})");
  EXPECT_EQ(refused(), Kind::kTransient);
  EXPECT_THAT((*outcome_).error().detail, HasSubstr("not enabled"));
  EXPECT_THAT((*outcome_).error().detail, HasSubstr("asked with a signed assertion"));
  EXPECT_TRUE(source_->is_single_use(pair()));
  for (int i = 0; i < 2; ++i) {
    refresh(pair());
    EXPECT_THAT(body(), StartsWith(kRefresh));
    answer(201, kInstalled);
    EXPECT_TRUE(outcome_ && *outcome_);
  }
}

TEST_F(UpstreamSourceTest, AnInstallationThatIsRefusedInEveryWayIsGone) {
  make(integration());
  refresh(pair());
  answer(401, R"({"detail": "Installation does not have a token"})");
  EXPECT_EQ(refused(), Kind::kTransient) << "one refusal proves nothing";
  refresh(pair());
  EXPECT_THAT(body(), StartsWith(kRefresh));
  answer(404, R"({"detail": "The requested resource does not exist"})");
  EXPECT_EQ(refused(), Kind::kTransient);
  EXPECT_TRUE(source_->is_single_use(pair()));
  refresh(pair());
  EXPECT_THAT(body(), StartsWith(kCodeExchange)) << "it may have been installed anew";
  answer(401, R"({"detail": "Could not find grant for given code"})");
  EXPECT_EQ(refused(), Kind::kInvalidGrant);
  refresh(pair());
  EXPECT_THAT(body(), Not(StartsWith(kCodeExchange))) << "a code that was refused stays so";
  answer(201, kInstalled);
  ASSERT_TRUE(outcome_ && *outcome_);
  refresh(pair());
  answer(401, "");
  EXPECT_EQ(refused(), Kind::kTransient) << "a success forgives what was before";
}

TEST_F(UpstreamSourceTest, TroubleOfTheEndpointIsNoRefusalOfTheInstallation) {
  make(integration());
  for (int status : {401, 409, 429, 500, 503, 408}) {
    refresh(pair());
    answer(status, "");
    EXPECT_EQ(refused(), Kind::kTransient) << status;
  }
}

TEST_F(UpstreamSourceTest, OneWayAloneMustBeRefusedTwice) {
  GrantOptions grant = integration();
  grant.client.secret = Secret();
  grant.code = Secret();
  make(grant);
  refresh(pair());
  answer(401, "");
  EXPECT_EQ(refused(), Kind::kTransient);
  refresh(pair());
  answer(401, "");
  EXPECT_EQ(refused(), Kind::kInvalidGrant);
}

TEST_F(UpstreamSourceTest, ALostRefreshTokenIsNoLossWhereAssertionsWork) {
  make(integration());
  refresh(pair());
  answer(401, "");
  refresh(pair());
  EXPECT_THAT(body(), StartsWith(kRefresh));
  upstream_.last().on_sent(clock_.now());
  breaks(Sent::kMaybe);
  EXPECT_EQ(refused(), Kind::kLost);
  refresh(pair());
  EXPECT_THAT(body(), StartsWith(kAssertion));
}

TEST_F(UpstreamSourceTest, ABusyServerDoesNotChangeTheWay) {
  make(integration());
  for (int status : {429, 500, 503}) {
    refresh(pair());
    EXPECT_THAT(body(), StartsWith(kAssertion));
    answer(status, "");
  }
  refresh(pair());
  breaks(Sent::kNone);
  refresh(pair());
  EXPECT_THAT(body(), StartsWith(kAssertion));
}

TEST_F(UpstreamSourceTest, ACodeThatIsUsedUpLeavesTheAssertion) {
  make(integration());
  refresh({});
  answer(401, R"({"detail": "Could not find grant for given code"})");
  EXPECT_THAT((*outcome_).error().detail, HasSubstr("asked with the installation's code"));
  EXPECT_FALSE(source_->is_single_use({}));
  refresh({});
  EXPECT_THAT(body(), StartsWith(kAssertion));
  answer(201, kInstalled);
  EXPECT_TRUE(outcome_ && *outcome_);
}

}  // namespace
}  // namespace postern::grants
