#include "policy/permission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/table_rows.h"

namespace postern::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Scopes = std::vector<std::string>;

Permission ask(http::Method method, std::string_view path, const Scopes& granted) {
  return permission(test::built_in().match(method, path).endpoint, granted);
}

constexpr std::string_view kIssues = "/api/0/organizations/acme/issues/";
constexpr std::string_view kReleases = "/api/0/organizations/acme/releases/";

TEST(Permission, AnyOneOfTheScopesWillDo) {
  for (const char* scope : {"event:read", "event:write", "event:admin"}) {
    SCOPED_TRACE(scope);
    EXPECT_EQ(ask(http::Method::kGet, kIssues, {scope}).clearance, Clearance::kPasses);
  }
}

TEST(Permission, AWiderScopePassesWhetherSentryHasExpandedItOrNot) {
  EXPECT_EQ(ask(http::Method::kGet, kReleases, {"project:write"}).clearance, Clearance::kPasses);
  EXPECT_EQ(
      ask(http::Method::kGet, "/api/0/organizations/acme/members/", {"member:invite"}).clearance,
      Clearance::kPasses);
}

TEST(Permission, WhatLacksIsNamedWithTheLeastThatWouldDo) {
  const Permission found = ask(http::Method::kPut, kIssues, {"event:read", "org:admin"});
  EXPECT_EQ(found.clearance, Clearance::kLacks);
  EXPECT_TRUE(found.certain);
  EXPECT_THAT(found.needed, ElementsAre("event:write", "event:admin"));
  EXPECT_EQ(found.least, "event:write");
}

TEST(Permission, OrgCiIsNeverTheLeastWhereAnotherOneWouldDo) {
  const Permission found = ask(http::Method::kPost, kReleases, {"org:read"});
  EXPECT_EQ(found.needed.front(), "org:ci");
  EXPECT_EQ(found.least, "project:releases");
  EXPECT_EQ(ask(http::Method::kGet, kReleases, {"org:read"}).least, "project:read");
  const std::string_view only[] = {"org:ci"};
  EXPECT_EQ(least_of(only), "org:ci");
}

TEST(Permission, TheLeastIsOneThatContainsNoOtherWhateverTheOrder) {
  const std::string_view scopes[] = {"team:admin", "team:write", "team:read", "org:read"};
  EXPECT_EQ(least_of(scopes), "team:read");
  EXPECT_EQ(least_of({}), "");
}

TEST(Permission, OnlyWhatSentryPublishesIsCertain) {
  const Permission published = ask(http::Method::kGet, kIssues, {"org:read"});
  EXPECT_TRUE(published.certain);
  const Permission alias = ask(http::Method::kGet, "/api/0/issues/17/", {"org:read"});
  EXPECT_TRUE(alias.certain);
  size_t undocumented = 0;
  for (const Endpoint& endpoint : test::built_in().endpoints()) {
    if (is_published(endpoint.status) || endpoint.access != Access::kScopes) continue;
    const Permission found = permission(&endpoint, {"openid"});
    EXPECT_EQ(found.clearance, Clearance::kLacks);
    EXPECT_FALSE(found.certain) << endpoint.path;
    ++undocumented;
  }
  EXPECT_GT(undocumented, 100U);
}

TEST(Permission, WhereNoTokenPassesNoScopeHelps) {
  const Permission found = ask(http::Method::kGet, "/api/0/api-tokens/", {"org:admin"});
  EXPECT_EQ(found.clearance, Clearance::kNoToken);
  EXPECT_FALSE(found.certain);
  EXPECT_THAT(found.needed, IsEmpty());
}

TEST(Permission, WhatTakesNoScopesPassesWithAny) {
  EXPECT_EQ(ask(http::Method::kGet, "/api/0/", {"openid"}).clearance, Clearance::kPasses);
  EXPECT_EQ(ask(http::Method::kGet, "/api/0/auth/", {"openid"}).clearance, Clearance::kPasses);
}

TEST(Permission, WhatTheTableDoesNotListIsNotJudged) {
  for (const char* path : {"/api/0/organizations/acme/new-thing/", "/api/0/organizations/acme"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(ask(http::Method::kGet, path, {"org:read"}).clearance, Clearance::kNotKnown);
  }
  EXPECT_EQ(ask(http::Method::kHead, kIssues, {"org:read"}).clearance, Clearance::kNotKnown);
}

TEST(Permission, AGrantWhoseScopesNobodyToldIsNotJudged) {
  const Permission found = ask(http::Method::kPut, kIssues, {});
  EXPECT_EQ(found.clearance, Clearance::kNotKnown);
  EXPECT_FALSE(found.certain);
  EXPECT_EQ(found.least, "event:write");
}

}  // namespace
}  // namespace postern::policy
