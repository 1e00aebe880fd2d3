// A grant serves its own organization: what is sent, what is refused, and what the log says.
#include "relay/exchange_fixture.h"

namespace postern::relay {
namespace {

class PinningTest : public ExchangeTest {
 protected:
  PinningTest() { registry_.find("acme")->set_identity("4500001", "7"); }

  // `target` with its query, for the grant acme.
  void ask(std::string_view target) {
    exchange_.reset();
    set_target(target);
    head_.path = target.substr(0, target.find('?'));
    add_field("X-Postern-Grant", "acme");
    begin();
  }
  std::string sent() const { return upstream_.calls.empty() ? "" : upstream_.calls.back().target; }
  bool says(std::string_view words) const { return client_.body.find(words) != std::string::npos; }
};

TEST_F(PinningTest, APathOfTheOrganizationIsSentByteForByte) {
  ask("/api/0/organizations/acme/issues/?query=%22a%20b%22&&x");
  EXPECT_EQ(sent(), "/api/0/organizations/acme/issues/?query=%22a%20b%22&&x");
  EXPECT_EQ(finished_log().find("sent_as"), std::string::npos);
}

TEST_F(PinningTest, ItsIdIsItsNameToo) {
  ask("/api/0/organizations/4500001/issues/");
  EXPECT_EQ(sent(), "/api/0/organizations/4500001/issues/");
}

TEST_F(PinningTest, AnotherOrganizationIsRefusedBySlugAndById) {
  for (const std::string_view path :
       {"/api/0/organizations/globex/issues/", "/api/0/organizations/4500002/issues/"}) {
    ask(path);
    EXPECT_EQ(client_.status, 403);
    EXPECT_TRUE(says("wrong_organization"));
    EXPECT_EQ(sent(), "");
  }
}

TEST_F(PinningTest, AnIssueIsSentInItsOrganizationsFormAndLoggedAsBoth) {
  ask("/api/0/groups/17/events/?full=true");
  EXPECT_EQ(sent(), "/api/0/organizations/acme/issues/17/events/?full=true");
  answer(200, "[]");
  const std::string log = finished_log();
  EXPECT_NE(log.find("path=/api/0/groups/17/events/ "), std::string::npos) << log;
  EXPECT_NE(log.find("sent_as=/api/0/organizations/acme/issues/17/events/ "), std::string::npos)
      << log;
}

TEST_F(PinningTest, WhatIsSentInsteadIsSentAgainTheSame) {
  ask("/api/0/issues/17/");
  upstream_.last().on_fail(test::FakeUpstream::closed(http::Sent::kMaybe, true));
  ASSERT_EQ(upstream_.calls.size(), 2u);
  EXPECT_EQ(sent(), "/api/0/organizations/acme/issues/17/");
}

TEST_F(PinningTest, OnlyTheOwnOrganizationIsListed) {
  ask("/api/0/organizations/?query=globex");
  EXPECT_EQ(sent(), "/api/0/organizations/?query=slug:acme");
}

TEST_F(PinningTest, WhatCannotBePinnedIsRefusedWithWhatToDo) {
  ask("/api/0/broadcasts/");
  EXPECT_EQ(client_.status, 403);
  EXPECT_TRUE(says("\"unpinnable\"")) << client_.body;
  EXPECT_TRUE(
      says("a path below /api/0/organizations/acme/, or list this path in policy.unpinned"));
  EXPECT_EQ(sent(), "");
}

TEST_F(PinningTest, AFormThatTheOrganizationHasIsNamed) {
  ask("/api/0/prompts-activity/");
  EXPECT_TRUE(says("ask for /api/0/organizations/acme/prompts-activity/, or")) << client_.body;
}

TEST_F(PinningTest, WhatIsListedPasses) {
  options_.policy.unpinned = {"/api/0/broadcasts/"};
  ask("/api/0/broadcasts/");
  EXPECT_EQ(sent(), "/api/0/broadcasts/");
}

TEST_F(PinningTest, SwitchedOffEverythingPassesAsItIs) {
  options_.policy.organization_pinning = false;
  for (const std::string_view target :
       {"/api/0/organizations/globex/", "/api/0/issues/1/?x", "/api/0/organizations/"}) {
    ask(target);
    EXPECT_EQ(sent(), target);
  }
}

TEST_F(PinningTest, SeveralGrantsAndNoneNamedIsAmbiguousBeforeItIsUnpinnable) {
  set_target("/api/0/issues/1/");
  begin();
  EXPECT_EQ(client_.status, 409);
}

TEST_F(PinningTest, AnExplanationSaysTheSame) {
  make_relay();
  const auto explained = relay_->explain({"GET", "/api/0/issues/17/", "acme"});
  ASSERT_TRUE(explained);
  EXPECT_EQ(explained->path, "/api/0/issues/17/");
  EXPECT_EQ(explained->sent_as, "/api/0/organizations/acme/issues/17/");
  EXPECT_EQ(explained->endpoint.path,
            "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/");
  const auto plain = relay_->explain({"GET", "/api/0/organizations/acme/", ""});
  EXPECT_EQ(plain->sent_as, "");
  const auto refused = relay_->explain({"GET", "/api/0/broadcasts/", "acme"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->now.reason, "unpinnable");
}

}  // namespace
}  // namespace postern::relay
