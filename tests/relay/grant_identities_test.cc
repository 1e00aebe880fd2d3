// Whose answers may be shown to whom: does a new token mean another person?
#include "relay/grant_identities.h"

#include <gtest/gtest.h>

#include <memory>

namespace postern::relay {
namespace {

class GrantIdentitiesTest : public testing::Test {
 protected:
  explicit GrantIdentitiesTest(grants::Kind kind = grants::Kind::kOauth) : grant_(options(kind)) {}

  static grants::GrantOptions options(grants::Kind kind) {
    grants::GrantOptions made;
    made.name = made.organization = "acme";
    made.kind = kind;
    return made;
  }
  void adopt(uint64_t generation, std::vector<std::string> scopes = {"org:read"}) {
    auto token = std::make_shared<grants::Token>();
    token->generation = generation;
    token->scopes = std::move(scopes);
    grant_.adopt(token);
  }
  uint64_t number() { return identities_.of(grant_).number; }

  grants::Grant grant_;
  GrantIdentities identities_;
};

TEST_F(GrantIdentitiesTest, ARefreshIsTheSamePerson) {
  grant_.set_identity("1", "7");
  adopt(1);
  const uint64_t before = number();
  adopt(2);
  EXPECT_FALSE(identities_.of(grant_).has_changed);
  EXPECT_EQ(number(), before);
}

TEST_F(GrantIdentitiesTest, AnotherUserOrOrganizationIsNot) {
  grant_.set_identity("1", "7");
  adopt(1);
  const uint64_t before = number();
  grant_.set_identity("1", "8");
  EXPECT_TRUE(identities_.of(grant_).has_changed);
  EXPECT_FALSE(identities_.of(grant_).has_changed);
  const uint64_t other = number();
  EXPECT_NE(other, before);
  grant_.set_identity("2", "8");
  EXPECT_NE(number(), other);
}

TEST_F(GrantIdentitiesTest, NorIsTheSameUserWithOtherScopes) {
  grant_.set_identity("1", "7");
  adopt(1);
  const uint64_t before = number();
  adopt(2, {"org:read", "event:read"});
  EXPECT_NE(number(), before);
}

TEST_F(GrantIdentitiesTest, BackAgainIsAnotherOneToo) {
  grant_.set_identity("1", "7");
  adopt(1);
  const uint64_t before = number();
  grant_.set_identity("1", "8");
  number();
  grant_.set_identity("1", "7");
  EXPECT_NE(number(), before);
}

TEST_F(GrantIdentitiesTest, OfAnUnknownUserEachTokenIsAnother) {
  adopt(1);
  const uint64_t before = number();
  EXPECT_EQ(number(), before);
  adopt(2);
  EXPECT_NE(number(), before);
}

class StaticIdentitiesTest : public GrantIdentitiesTest {
 protected:
  StaticIdentitiesTest() : GrantIdentitiesTest(grants::Kind::kStatic) {}
};

TEST_F(StaticIdentitiesTest, ANewTokenFileMayBeSomebodyElses) {
  grant_.set_identity("1", "7");
  adopt(1);
  const uint64_t before = number();
  adopt(2);
  EXPECT_NE(number(), before);
}

TEST(GrantIdentities, ThePresentOneIsToldWithoutMakingOne) {
  grants::GrantOptions options;
  options.name = "acme";
  grants::Grant grant(options);
  grant.set_identity("1", "7");
  GrantIdentities identities;
  EXPECT_EQ(identities.present(grant), std::nullopt);
  const uint64_t number = identities.of(grant).number;
  EXPECT_EQ(identities.present(grant), number);
  grant.set_identity("1", "8");
  EXPECT_EQ(identities.present(grant), std::nullopt) << "another user";
  EXPECT_EQ(identities.of(grant).number, number + 1);
}

}  // namespace
}  // namespace postern::relay
