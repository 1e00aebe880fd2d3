// The three ways to a token of an installation: its code, a signed assertion, the refresh token.
#include <gmock/gmock.h>

#include "grants/upstream_source_fixture.h"

namespace postern::grants::test {
namespace {

using http::Sent;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Kind = TokenRefusal::Kind;

constexpr const char* kInstalled = R"({"token": "new-access", "refreshToken": "new-refresh"})";
constexpr const char* kCodeExchange = R"({"grant_type":"authorization_code","code":"code-1",)";
constexpr const char* kAssertion =
    R"({"grant_type":"urn:sentry:params:oauth:grant-type:jwt-bearer")";
constexpr const char* kRefresh = R"({"grant_type":"refresh_token","refresh_token":"old-refresh",)";

GrantOptions integration() {
  GrantOptions grant = oauth();
  grant.kind = grants::Kind::kIntegration;
  grant.installation = "11111111-2222-4333-8444-555555555555";
  grant.code = Secret("code-1");
  return grant;
}

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
}  // namespace postern::grants::test
