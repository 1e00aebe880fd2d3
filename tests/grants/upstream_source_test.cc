// How a token endpoint is asked, whatever the kind of grant.
#include "grants/upstream_source.h"

#include <gmock/gmock.h>

#include "grants/documents.h"
#include "grants/upstream_source_fixture.h"

namespace postern::grants::test {
namespace {

using http::Sent;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Kind = TokenRefusal::Kind;

constexpr const char* kTokens =
    R"({"access_token": "new-access", "refresh_token": "new-refresh", "expires_in": 60})";

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

TEST_F(UpstreamSourceTest, HalfAPairIsBetterThanTheOneThatItHasKilledButNotThanNone) {
  constexpr const char* kHalf = R"({"refresh_token": "new-refresh", "expires_in": 60})";
  make(oauth());
  refresh(pair());
  answer(200, kHalf);
  ASSERT_TRUE(outcome_ && *outcome_);
  EXPECT_EQ((*outcome_)->refresh_token.reveal(), "new-refresh");
  StoredGrant first;
  first.refresh_token = Secret("old-refresh");
  refresh(first);
  answer(200, kHalf);
  EXPECT_EQ(refused(), Kind::kLost);
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
    timers_.advance(30s);
    EXPECT_FALSE(outcome_);
    timers_.advance(100ms);
    EXPECT_EQ(refused(), sent ? Kind::kLost : Kind::kTransient);
    EXPECT_TRUE(upstream_.calls.back().cancelled);
  }
}

// Its timers wake a process that stood still before what it reads.
TEST_F(UpstreamSourceTest, AnAnswerThatCameWhileTheProcessStoodStillIsTaken) {
  make(oauth());
  refresh(pair());
  upstream_.last().on_sent(clock_.now());
  clock_.advance(10min);
  timers_.advance(0s);
  EXPECT_FALSE(outcome_);
  head(200);
  upstream_.last().on_body(kTokens);
  upstream_.last().on_done();
  ASSERT_TRUE(outcome_ && *outcome_);
  EXPECT_EQ((*outcome_)->access_token.reveal(), "new-access");
}

TEST_F(UpstreamSourceTest, ARequestIsNotSentOnceItsTimeIsUp) {
  make(oauth());
  refresh(pair());
  EXPECT_EQ(upstream_.calls[0].not_after, clock_.now() + 30s);
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
  timers_.advance(100ms);
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

}  // namespace
}  // namespace postern::grants::test
