// Whose organization a request acts in: each row is a request and what becomes of it.
#include "policy/pin.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "policy/table_rows.h"
#include "policy/target.h"

namespace postern::policy {
namespace {

constexpr Home kAcme{"acme", "4500001", ""};
constexpr http::Method kGet = http::Method::kGet;

Options pinned(std::vector<std::string> unpinned = {}) {
  Options options;
  options.unpinned = std::move(unpinned);
  return options;
}

Pin judge(std::string_view target, http::Method method = kGet, const Home& home = kAcme,
          const Options& options = pinned()) {
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = target.substr(path.size());
  const Target named = classify(path);
  EXPECT_EQ(named.kind, TargetKind::kApi) << path;
  const Match match = test::built_in().match(method, path);
  return OrganizationPin(options).judge({method, path, query, named.organization, match}, home);
}

Pinning pinning(std::string_view target, http::Method method = kGet) {
  return judge(target, method).pinning;
}

TEST(Pin, AGrantServesItsOwnOrganizationAndNoOther) {
  for (std::string_view path :
       {"/api/0/organizations/acme/", "/api/0/organizations/acme", "/api/0/projects/acme/web/",
        "/api/0/teams/acme/core/", "/api/0/customers/acme/", "/api/0/organizations/4500001/issues/",
        "/api/0/organizations/acme/nobody-knows-this/", "/api/0/organizations/acme/issues/7/"})
    EXPECT_EQ(pinning(path), Pinning::kAsItIs) << path;
  for (std::string_view path :
       {"/api/0/organizations/globex/", "/api/0/projects/globex/web/", "/api/0/teams/globex/core/",
        "/api/0/customers/globex/", "/api/0/organizations/4500002/", "/api/0/projects/45000010/x/",
        "/api/0/organizations/globex/nobody-knows-this/"})
    EXPECT_EQ(pinning(path), Pinning::kWrongOrganization) << path;
  EXPECT_EQ(judge("/api/0/teams/globex/core/").organization, "globex");
}

// classify() refuses what is escaped without need; what is left differs from the slug.
TEST(Pin, NoSpellingOfAnotherOrganizationPassesForTheOwn) {
  for (std::string_view path :
       {"/api/0/organizations/ACME/", "/api/0/organizations/acme;x/", "/api/0/organizations/acme,/",
        "/api/0/organizations/acme%20/", "/api/0/organizations/acme%3A/",
        "/api/0/organizations/%C3%A1cme/", "/api/0/organizations/04500001/",
        "/api/0/organizations/+4500001/", "/api/0/organizations/acme%3Fx=/",
        "/api/0/organizations/%D9%A4500001/"})
    EXPECT_EQ(pinning(path), Pinning::kWrongOrganization) << path;
  for (std::string_view path :
       {"/api/0/organizations/%61cme/", "/api/0/organizations/glob%65x/",
        "/api/0/%6Frganizations/globex/", "/api/0/issues%2F1/",
        "/api/0/organizations/acme/../globex/", "/api/0/organizations//globex/",
        "/api/0/organizations/acme%2F..%2Fglobex/"})
    EXPECT_EQ(classify(path).kind, TargetKind::kUnsafe) << path;
  EXPECT_EQ(pinning("/api/0/Organizations/globex/"), Pinning::kUnpinnable);
  EXPECT_EQ(pinning("/api/0/organizations;/globex/"), Pinning::kUnpinnable);
}

TEST(Pin, AnIdThatIsNotKnownIsAnotherOrganizations) {
  const Home home{"acme", "", ""};
  EXPECT_EQ(judge("/api/0/organizations/4500001/", kGet, home).pinning,
            Pinning::kWrongOrganization);
  EXPECT_EQ(judge("/api/0/organizations/acme/", kGet, home).pinning, Pinning::kAsItIs);
}

TEST(Pin, ATableThatNamesTheOrganizationElsewhereIsHeeded) {
  const Result<Catalogue> table =
      Catalogue::load(test::row("GET", "/api/0/seats/{organization_id_or_slug}/"), "test");
  const auto ask = [&](std::string_view path) {
    const Match match = table->match(kGet, path);
    return OrganizationPin({}).judge({kGet, path, "", "", match}, kAcme).pinning;
  };
  EXPECT_EQ(ask("/api/0/seats/acme/"), Pinning::kAsItIs);
  EXPECT_EQ(ask("/api/0/seats/globex/"), Pinning::kWrongOrganization);
}

struct Rewritten {
  std::string_view target;
  std::string_view sent;
  http::Method method = kGet;
};

void expect_sent(std::initializer_list<Rewritten> rows) {
  for (const Rewritten& row : rows) {
    const Pin pin = judge(row.target, row.method);
    EXPECT_EQ(pin.pinning, Pinning::kSendInstead) << row.target;
    EXPECT_EQ(pin.target, row.sent) << row.target;
  }
}

TEST(Pin, IssuesAreSentInTheirOrganizationForm) {
  expect_sent({
      {"/api/0/issues/1/", "/api/0/organizations/acme/issues/1/"},
      {"/api/0/groups/1/", "/api/0/organizations/acme/issues/1/"},
      {"/api/0/issues/1", "/api/0/organizations/acme/issues/1"},
      {"/api/0/issues/1/?", "/api/0/organizations/acme/issues/1/?"},
      {"/api/0/issues/1/", "/api/0/organizations/acme/issues/1/", http::Method::kPut},
      {"/api/0/issues/1/", "/api/0/organizations/acme/issues/1/", http::Method::kDelete},
      {"/api/0/groups/WEB-1F/events/latest/",
       "/api/0/organizations/acme/issues/WEB-1F/events/latest/"},
      {"/api/0/issues/1/tags/a%2Bb%40c/values/?sort=-date&query=%22x%20y%22&&cursor=0:100:0",
       "/api/0/organizations/acme/issues/1/tags/a%2Bb%40c/values/"
       "?sort=-date&query=%22x%20y%22&&cursor=0:100:0"},
      {"/api/0/issues/1/nobody-knows-this/",
       "/api/0/organizations/acme/issues/1/nobody-knows-this/"},
      {"/api/0/issues/organizations/globex/",
       "/api/0/organizations/acme/issues/organizations/globex/"},
  });
}

TEST(Pin, OfTheListOfOrganizationsOnlyTheOwnIsAskedFor) {
  expect_sent({
      {"/api/0/organizations/", "/api/0/organizations/?query=slug:acme"},
      {"/api/0/organizations/", "/api/0/organizations/?query=slug:acme", http::Method::kHead},
      {"/api/0/organizations/?query=slug:globex", "/api/0/organizations/?query=slug:acme"},
      {"/api/0/organizations/?owner=1&show=all&per_page=3",
       "/api/0/organizations/?query=slug:acme"},
      {"/api/0/organizations/?cursor=0:100:0",
       "/api/0/organizations/?cursor=0:100:0&query=slug:acme"},
      {"/api/0/organizations/?a=b&cursor=0%3A100%3a0&query=x",
       "/api/0/organizations/?cursor=0%3A100%3a0&query=slug:acme"},
      {"/api/0/organizations/?cursor=1;query=slug:globex", "/api/0/organizations/?query=slug:acme"},
      {"/api/0/organizations/?xcursor=1", "/api/0/organizations/?query=slug:acme"},
  });
  const Home numbered{"4500001", "", ""};
  EXPECT_EQ(judge("/api/0/organizations/", kGet, numbered).target,
            "/api/0/organizations/?query=id:4500001");
}

TEST(Pin, TheListOfProjectsIsSentInItsOrganizationForm) {
  expect_sent({{"/api/0/projects/", "/api/0/organizations/acme/projects/"},
               {"/api/0/projects/?cursor=0:100:0&x=%2F",
                "/api/0/organizations/acme/projects/?cursor=0:100:0&x=%2F"}});
}

// Sentry then answers 404 and says that the slash is missing, as of any other path.
TEST(Pin, AListWithoutItsSlashStaysWithoutIt) {
  expect_sent({{"/api/0/projects", "/api/0/organizations/acme/projects"},
               {"/api/0/projects?x=1", "/api/0/organizations/acme/projects?x=1"},
               {"/api/0/organizations", "/api/0/organizations?query=slug:acme"},
               {"/api/0/organizations?query=slug:globex", "/api/0/organizations?query=slug:acme"}});
  for (std::string_view path : {"/api/0/projects", "/api/0/organizations"})
    EXPECT_EQ(pinning(path, http::Method::kPost), Pinning::kUnpinnable) << path;
}

// In the organization's form these would do something else: make a project.
TEST(Pin, WhatChangesAListIsNotRewritten) {
  for (std::string_view path : {"/api/0/projects/", "/api/0/organizations/"})
    EXPECT_EQ(pinning(path, http::Method::kPost), Pinning::kUnpinnable) << path;
}

TEST(Pin, WhatTellsAboutTheTokenMayBeRead) {
  for (std::string_view path : {"/api/0/", "/api/0/users/me/", "/api/0/users/me/regions/",
                                "/api/0/auth/", "/api/0/auth", "/api/0/users/me/?x=1"}) {
    EXPECT_EQ(pinning(path), Pinning::kAsItIs) << path;
    EXPECT_EQ(pinning(path, http::Method::kPut), Pinning::kUnpinnable) << path;
  }
}

TEST(Pin, WhatNamesNoOrganizationIsNotSent) {
  for (std::string_view path :
       {"/api/0/broadcasts/", "/api/0/users/7/", "/api/0/users/me/organizations/",
        "/api/0/nobody-knows-this/", "/api/0/issues/", "/api/0/groups/", "/api/0/auth/validate/",
        "/api/0/shared/issues/a1/", "/api/0/Issues/1/", "/api/0/issues;x/1/"})
    EXPECT_EQ(pinning(path), Pinning::kUnpinnable) << path;
}

TEST(Pin, AnIntegrationReachesItsOwnInstallation) {
  const Home home{"acme", "", "0d3b2c1a-1111-2222-3333-444455556666"};
  const auto ask = [&](std::string_view uuid) {
    const std::string path =
        "/api/0/sentry-app-installations/" + std::string(uuid) + "/external-issues/";
    return judge(path, http::Method::kPost, home).pinning;
  };
  EXPECT_EQ(ask(home.installation), Pinning::kAsItIs);
  EXPECT_EQ(ask("99999999-1111-2222-3333-444455556666"), Pinning::kUnpinnable);
  EXPECT_EQ(pinning("/api/0/sentry-app-installations/0d3b2c1a/"), Pinning::kUnpinnable);
}

TEST(Pin, WhatIsListedGoesAsItIs) {
  const Options options = pinned({"/api/0/broadcasts/", "/api/0/users/{id}/organizations/",
                                  "/api/0/issues/*", "/api/0/organizations/"});
  for (std::string_view path :
       {"/api/0/broadcasts/", "/api/0/users/7/organizations/", "/api/0/issues/1/",
        "/api/0/groups/1/", "/api/0/organizations/?owner=1"})
    EXPECT_EQ(judge(path, kGet, kAcme, options).pinning, Pinning::kAsItIs) << path;
  EXPECT_EQ(judge("/api/0/users/7/", kGet, kAcme, options).pinning, Pinning::kUnpinnable);
  EXPECT_EQ(judge("/api/0/organizations/globex/", kGet, kAcme, options).pinning,
            Pinning::kWrongOrganization);
}

TEST(Pin, EvenAListOfEverythingKeepsOtherOrganizationsOut) {
  const Options options = pinned({"/api/0/*"});
  EXPECT_EQ(judge("/api/0/nobody-knows-this/", kGet, kAcme, options).pinning, Pinning::kAsItIs);
  EXPECT_EQ(judge("/api/0/teams/globex/x/", kGet, kAcme, options).pinning,
            Pinning::kWrongOrganization);
}

TEST(Pin, SwitchedOffItLetsEverythingPass) {
  Options options;
  options.organization_pinning = false;
  for (std::string_view path :
       {"/api/0/organizations/globex/", "/api/0/issues/1/", "/api/0/broadcasts/"})
    EXPECT_EQ(judge(path, kGet, kAcme, options).pinning, Pinning::kAsItIs) << path;
}

TEST(Pin, AnEntryOfTheListIsJudgedBeforeItIsUsed) {
  EXPECT_FALSE(unpinned_fault("/api/0/broadcasts/"));
  EXPECT_FALSE(unpinned_fault("/api/0/organizations/"));
  EXPECT_FALSE(unpinned_fault("/api/0/*"));
  for (std::string_view entry : {"/api/0/organizations/globex/", "/api/0/organizations/*",
                                 "/api/0/projects/{org}/{project}/", "/api/0/teams/*"})
    EXPECT_NE(unpinned_fault(entry).value_or("").find("add a grant"), std::string::npos) << entry;
  EXPECT_NE(unpinned_fault("broadcasts").value_or("").find("/api/0/"), std::string::npos);
}

// Every template of the table has been thought about: what is neither pinned nor rewritten nor
// free stands here, and a new one fails this test until somebody has looked at it.
TEST(Pin, EachEndpointThatIsRefusedIsListedHere) {
  const std::set<std::string> expected = {
      "POST /api/0/organizations/",
      "/api/0/api-tokens/",
      "/api/0/api-tokens/{token_id}/",
      "POST /api/0/auth/",
      "PUT /api/0/auth/",
      "DELETE /api/0/auth/",
      "/api/0/auth/config/",
      "/api/0/auth/validate/",
      "/api/0/broadcasts/",
      "/api/0/prompts-activity/",
      "/api/0/seer/models/",
      "/api/0/sentry-app-installations/{uuid}/",
      "/api/0/sentry-app-installations/{uuid}/authorizations/",
      "/api/0/sentry-app-installations/{uuid}/external-issue-actions/",
      "/api/0/sentry-app-installations/{uuid}/external-issues/",
      "/api/0/sentry-app-installations/{uuid}/external-issues/{external_issue_id}/",
      "/api/0/sentry-apps/",
      "/api/0/sentry-apps/{sentry_app_id_or_slug}/",
      "/api/0/sentry-apps/{sentry_app_id_or_slug}/components/",
      "/api/0/users/{user_id}/",
      "/api/0/users/{user_id}/organizations/",
      "/api/0/users/{user_id}/regions/",
  };
  const std::set<std::string> partly = {"/api/0/auth/", "/api/0/organizations/"};
  std::set<std::string> refused;
  std::map<Pinning, int> counts;
  for (const Endpoint& endpoint : test::built_in().endpoints()) {
    const std::string path = test::filled(endpoint.path, "acme");
    const Pin pin = judge(path, endpoint.method);
    ++counts[pin.pinning];
    if (pin.pinning != Pinning::kUnpinnable) continue;
    const std::string method(http::to_string(endpoint.method));
    refused.insert((partly.count(path) > 0 ? method + " " : "") + std::string(endpoint.path));
  }
  EXPECT_EQ(refused, expected);
  EXPECT_GT(counts[Pinning::kAsItIs], 300);
  EXPECT_GT(counts[Pinning::kSendInstead], 30);
}

// What is sent instead is in the table too, and with the same scopes and class.
TEST(Pin, ARewrittenCallIsTheSameEndpoint) {
  for (const Endpoint& endpoint : test::built_in().endpoints()) {
    const std::string path = test::filled(endpoint.path, "acme");
    const Pin pin = judge(path, endpoint.method);
    if (pin.pinning != Pinning::kSendInstead || endpoint.path == "/api/0/projects/") continue;
    const Match match = test::built_in().match(
        endpoint.method, std::string_view(pin.target).substr(0, pin.target.find('?')));
    ASSERT_EQ(match.kind, MatchKind::kEndpoint) << pin.target;
    EXPECT_EQ(match.endpoint->scopes, endpoint.scopes) << pin.target;
    EXPECT_EQ(match.endpoint->view, endpoint.view) << pin.target;
  }
}

}  // namespace
}  // namespace postern::policy
