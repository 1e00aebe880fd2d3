#include "cli/scope_tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ScopeTallyTest : public ::testing::Test {
 protected:
  void add(const std::string& line, const std::string& grant = "", const std::string& code = "") {
    CallLine call = read_call_line(line);
    ASSERT_EQ(call.kind, CallLine::Kind::kCall) << line;
    call.grant = grant;
    call.code = code;
    tally_.add(call);
  }

  // "what the call is: why"
  std::string undecided(const std::string& line) {
    ScopeTally tally(catalogue_);
    tally.add(read_call_line(line));
    const NeededScopes needed = tally.needed("", false);
    EXPECT_THAT(needed.scopes, IsEmpty());
    return needed.undecided.size() == 1 ? needed.undecided[0].call + ": " + needed.undecided[0].why
                                        : "";
  }

  const policy::Catalogue catalogue_ = policy::Catalogue::built_in();
  ScopeTally tally_{catalogue_};
};

TEST_F(ScopeTallyTest, CountsByOperationAndTakesTheLeast) {
  add("GET /api/0/organizations/acme/issues/");
  add("GET /api/0/organizations/acme/issues/");
  add("GET /api/0/organizations/acme/releases/");
  const NeededScopes needed = tally_.needed("", false);
  EXPECT_EQ(needed.calls, 3U);
  EXPECT_THAT(needed.scopes, ElementsAre("project:read", "event:read"));
  ASSERT_EQ(needed.operations.size(), 2U);
  EXPECT_EQ(needed.operations[0].calls, 2U);
  EXPECT_THAT(needed.undecided, IsEmpty());
}

TEST_F(ScopeTallyTest, LoggingInNeedsToSeeTheOrganization) {
  add("POST /api/0/organizations/acme/releases/");
  EXPECT_THAT(tally_.needed("", false).scopes, ElementsAre("project:releases"));
  EXPECT_THAT(tally_.needed("", true).scopes, ElementsAre("org:read", "project:releases"));
}

TEST_F(ScopeTallyTest, EachGrantHasItsOwn) {
  add("GET /api/0/organizations/acme/issues/", "acme");
  add("GET /api/0/organizations/beta/releases/", "beta");
  EXPECT_THAT(tally_.grants(), ElementsAre("acme", "beta"));
  EXPECT_THAT(tally_.needed("acme", false).scopes, ElementsAre("event:read"));
  EXPECT_THAT(tally_.needed("beta", false).scopes, ElementsAre("project:read"));
}

TEST_F(ScopeTallyTest, ACallThatLackedAScopeCountsOneThatIsDeniedDoesNot) {
  add("PUT /api/0/organizations/acme/issues/", "acme", "missing_scope");
  add("DELETE /api/0/organizations/acme/issues/", "acme", "policy_denied");
  EXPECT_THAT(tally_.needed("acme", false).scopes, ElementsAre("event:write"));
  EXPECT_EQ(tally_.left_out(), 1U);
}

TEST_F(ScopeTallyTest, WhatIsNoCallToSentryIsLeftOut) {
  add("GET /favicon.ico");
  add("OPTIONS /api/0/organizations/acme/issues/");
  EXPECT_EQ(tally_.left_out(), 2U);
  EXPECT_THAT(tally_.grants(), IsEmpty());
}

TEST_F(ScopeTallyTest, SaysWhyNoScopeCanBeNamed) {
  EXPECT_THAT(undecided("GET /api/0/organizations/acme/new-thing/17/"),
              "GET /api/0/organizations/{organization_id_or_slug}/new-thing/*/: not in the "
              "endpoint table");
  EXPECT_THAT(undecided("HEAD /api/0/organizations/acme/issues/"), HasSubstr("other methods"));
  EXPECT_THAT(undecided("GET /api/0/organizations/acme/issues"), HasSubstr("slash"));
  EXPECT_THAT(undecided("GET /api/0/api-tokens/"), HasSubstr("session"));
  EXPECT_THAT(undecided("GET /api/0/organizations/acme/../x/"), HasSubstr("refuses"));
  EXPECT_EQ(undecided("GET /api/0/"), "") << "takes none";
}

TEST_F(ScopeTallyTest, AScopeThatCannotBeAskedForIsNotNamed) {
  for (const policy::Endpoint& endpoint : catalogue_.endpoints()) {
    if (endpoint.scopes != std::vector<std::string_view>{"org:ci"}) continue;
    std::string path(endpoint.path);
    for (size_t at; (at = path.find('{')) != std::string::npos;)
      path.replace(at, path.find('}') - at + 1, "x");
    EXPECT_THAT(undecided("POST " + path), HasSubstr("kind static"));
  }
}

TEST_F(ScopeTallyTest, PathsThatAreMadeUpDoNotFillTheMemory) {
  for (int i = 0; i < 3000; ++i) {
    std::string word;
    for (int n = i; n > 0; n /= 26) word += static_cast<char>('a' + n % 26);
    add("GET /api/0/organizations/acme/made-up-" + word + "/");
  }
  EXPECT_LT(tally_.needed("", false).undecided.size(), 300U);
}

}  // namespace
}  // namespace postern::cli
