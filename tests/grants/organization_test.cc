#include "grants/organization.h"

#include <gmock/gmock.h>

#include "grants/documents.h"
#include "grants/pretended_sentry.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAcme = R"({"slug": "acme", "id": "17"})";

TEST(Organization, IsReadWithItsId) {
  auto seen = parse_organization(R"({"slug": "acme", "id": "17", "name": "Acme"})");
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_EQ(seen->slug, "acme");
  EXPECT_EQ(seen->id, "17");
  EXPECT_FALSE(parse_organization("[]"));
  EXPECT_FALSE(parse_organization("{"));
  auto list =
      parse_organizations(R"([{"slug": "acme", "id": "17"}, {"slug": "globex", "id": "18"}])");
  ASSERT_TRUE(list) << list.error().what;
  EXPECT_EQ(list->size(), 2U);
}

class VerifyOrganization : public PretendedSentry {
 protected:
  VerifyOrganization() { answer_.access_token = Secret("canary"); }
  Result<Organization, NotVerified> verify(std::deque<CallResult> answers) {
    asked_.clear();
    answers_ = std::move(answers);
    return verify_organization(grant_, calls_, answer_, patience_);
  }

  TokenAnswer answer_;
  Patience patience_ = Patience::kTryAgain;
};

TEST_F(VerifyOrganization, AsksForItWithTheToken) {
  auto seen = verify({answered(200, kAcme)});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, "17");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].target, "/api/0/organizations/acme/?detailed=0");
  EXPECT_EQ(asked_[0].body, "canary");
}

TEST_F(VerifyOrganization, ANewTokenHasSomeSecondsToBecomeKnown) {
  const Instant begin = clock_.now();
  EXPECT_TRUE(verify({answered(401, ""), answered(503, ""), unreachable(), answered(200, kAcme)}));
  EXPECT_EQ(clock_.now() - begin, 3s);
}

TEST_F(VerifyOrganization, WhatIsNotLostIsGivenUpAtOnceWithoutAWayToSentry) {
  patience_ = Patience::kGiveUp;
  auto seen = verify({unreachable()});
  ASSERT_FALSE(seen);
  EXPECT_FALSE(seen.error().is_refusal);
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(VerifyOrganization, WhatSentryDoesNotSayIsNoRefusal) {
  for (const auto& last : {unreachable(), answered(500, ""), answered(429, ""), answered(302, ""),
                           answered(200, "<html>"), answered(200, "[]")}) {
    auto seen = verify({last});
    ASSERT_FALSE(seen);
    EXPECT_FALSE(seen.error().is_refusal) << seen.error().what;
    EXPECT_THAT(seen.error().what, HasSubstr("could not be found out"));
  }
}

TEST_F(VerifyOrganization, ARefusalNamesWhatIsReachedInstead) {
  for (int status : {403, 404}) {
    auto seen = verify(
        {answered(status, ""),
         answered(200, R"([{"slug": "globex", "id": "1"}, {"slug": "x\u001b", "id": "2"}])")});
    ASSERT_FALSE(seen);
    EXPECT_TRUE(seen.error().is_refusal);
    EXPECT_THAT(seen.error().what, HasSubstr("it reaches: globex, x?."));
    EXPECT_EQ(asked_.back().target, "/api/0/organizations/");
  }
}

TEST_F(VerifyOrganization, OfManyThatAreReachedSomeAreNamed) {
  std::string list = "[";
  for (int i = 10; i < 60; ++i)
    list += R"({"slug": "org)" + std::to_string(i) + R"(", "id": "1"},)";
  list.back() = ']';
  auto seen = verify({answered(404, ""), answered(200, list)});
  ASSERT_FALSE(seen);
  EXPECT_THAT(seen.error().what, HasSubstr("org29 and more"));
  EXPECT_THAT(seen.error().what, Not(HasSubstr("org30")));
}

TEST_F(VerifyOrganization, AMissingScopeIsNamed) {
  auto seen = verify({answered(403, ""), answered(403, "")});
  ASSERT_FALSE(seen);
  EXPECT_THAT(seen.error().what, HasSubstr("org:read"));
}

TEST_F(VerifyOrganization, ATokenThatReachesNothingIsSaid) {
  auto seen = verify({answered(404, ""), answered(200, "[]")});
  ASSERT_FALSE(seen);
  EXPECT_THAT(seen.error().what, HasSubstr("it reaches none"));
}

TEST_F(VerifyOrganization, ATokenBoundElsewhereIsRefused) {
  answer_.organization_id = "18";
  auto seen = verify({answered(200, kAcme)});
  ASSERT_FALSE(seen);
  EXPECT_TRUE(seen.error().is_refusal);
  EXPECT_THAT(seen.error().what, HasSubstr("18, but acme is 17"));
  answer_.organization_id = "17";
  EXPECT_TRUE(verify({answered(200, kAcme)}));
}

TEST_F(VerifyOrganization, ADeadTokenIsRefused) {
  auto seen = verify({answered(401, R"({"detail": "Invalid token"})")});
  ASSERT_FALSE(seen);
  EXPECT_TRUE(seen.error().is_refusal);
  EXPECT_THAT(seen.error().what, HasSubstr("401"));
}

}  // namespace
}  // namespace postern::grants
