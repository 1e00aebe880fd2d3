#include "grants/stored_grant.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;

const WallTime kNow(1704110400s);

TEST(StoredGrant, BecomesATokenThatIsReadyToBeSent) {
  StoredGrant stored;
  stored.access_token = Secret("abc");
  stored.refresh_token = Secret("def");
  postern::test::FakeClock clock;
  stored.obtained_at = clock.wall() - 60s;
  stored.expires_at = clock.wall() + 30s;
  stored.scopes = {"org:read"};
  stored.generation = 7;
  auto token = make_token(stored, clock);
  EXPECT_EQ(token->authorization.reveal(), "Bearer abc");
  EXPECT_EQ(token->access.reveal(), "abc");
  EXPECT_EQ(token->refresh.reveal(), "def");
  EXPECT_EQ(token->generation, 7U);
  EXPECT_EQ(token->scopes, stored.scopes);
  EXPECT_FALSE(token->expired(clock.now() + 29s));
  EXPECT_TRUE(token->expired(clock.now() + 30s));
}

TEST(StoredGrant, AClockPutBackDoesNotMakeItsTokenLiveLonger) {
  StoredGrant stored;
  postern::test::FakeClock clock;
  stored.access_token = Secret("abc");
  stored.obtained_at = clock.wall() + 24h;  // the clock was a day ahead when it was stored
  stored.expires_at = stored.obtained_at + 1h;
  auto token = make_token(stored, clock);
  EXPECT_TRUE(token->expired(clock.now() + 1h));
}

TEST(StoredGrant, IsMadeOfAnAnswer) {
  TokenAnswer answer;
  answer.access_token = Secret("abc");
  answer.user = {"7", "Jane", "jane@example.com"};
  answer.organization_id = "12";
  auto stored = make_stored_grant(answer, 3, kNow);
  EXPECT_EQ(stored.generation, 3U);
  EXPECT_EQ(stored.obtained_at, kNow);
  EXPECT_EQ(stored.access_token.reveal(), "abc");
  EXPECT_TRUE(stored.refresh_token.empty());
  EXPECT_EQ(stored.user.name, "Jane");
  EXPECT_EQ(stored.organization.id, "12");
  EXPECT_FALSE(stored.expires_at);
}

TEST(StoredGrant, AnotherUserOrOrganizationIsNoticed) {
  StoredGrant stored;
  stored.user.id = "7";
  stored.organization.id = "12";
  TokenAnswer answer;
  answer.user.id = "8";
  EXPECT_NE(other_holder(stored, answer).find("user 8"), std::string::npos);
  answer.user.id = "7";
  EXPECT_EQ(other_holder(stored, answer), "");
  answer.organization_id = "13";
  EXPECT_NE(other_holder(stored, answer).find("organization 13"), std::string::npos);
}

TEST(StoredGrant, AnAnswerThatDoesNotSayWhoseItIsIsNobodyElses) {
  StoredGrant stored;
  stored.user.id = "7";
  EXPECT_EQ(other_holder(stored, TokenAnswer{}), "");
  EXPECT_EQ(other_holder(StoredGrant{}, TokenAnswer{}), "");
}

}  // namespace
}  // namespace postern::grants
