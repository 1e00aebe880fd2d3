// Which endpoint a request asks for, by the table that is part of the program.
#include "policy/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "policy/endpoint_table.h"
#include "policy/table_rows.h"
#include "policy/target.h"

namespace postern::policy {
namespace {

using http::Method;
using test::built_in;
using test::filled;
using test::row;
using ::testing::HasSubstr;

Match get(std::string_view path) {
  return built_in().match(Method::kGet, path);
}

Catalogue catalogue_of(const std::string& rows) {
  Result<Catalogue> loaded = Catalogue::load(rows, "rows");
  if (!loaded) {
    ADD_FAILURE() << loaded.error().what;
    return Catalogue::built_in();
  }
  return std::move(*loaded);
}

std::string fault_of(const std::string& rows) {
  const Result<Catalogue> loaded = Catalogue::load(rows, "rows");
  return loaded ? "" : loaded.error().what;
}

constexpr std::string_view kOrganization = "{organization_id_or_slug}";
constexpr std::string_view kProject = "{project_id_or_slug}";

TEST(Catalogue, EveryRowIsFoundByAPathMadeFromIt) {
  for (const Endpoint& endpoint : built_in().endpoints()) {
    const std::string path = filled(endpoint.path, "v1.0%2B5");
    const Match match = built_in().match(endpoint.method, path);
    EXPECT_EQ(match.kind, MatchKind::kEndpoint) << path;
    EXPECT_EQ(match.endpoint, &endpoint) << path << " line " << endpoint.line;
    EXPECT_EQ(match.unlisted, "") << path;
  }
}

TEST(Catalogue, EveryRowNamesOrganizationAndProjectAsItsTemplateDoes) {
  for (const Endpoint& endpoint : built_in().endpoints()) {
    const std::string path = filled(endpoint.path, "acme");
    const Match match = built_in().match(endpoint.method, path);
    const bool organization = endpoint.path.find(kOrganization) != std::string_view::npos;
    const bool project = endpoint.path.find(kProject) != std::string_view::npos;
    EXPECT_EQ(match.organization, organization ? "acme" : "") << path;
    EXPECT_EQ(match.project, project ? "acme" : "") << path;
    EXPECT_EQ(match.organization, classify(path).organization) << path;
  }
}

TEST(Catalogue, EveryRowIsMissedByASlash) {
  for (const Endpoint& endpoint : built_in().endpoints()) {
    std::string path = filled(endpoint.path, "acme");
    const bool slash = path.back() == '/';
    if (path == "/api/0/") continue;
    slash ? path.pop_back() : path.push_back('/');
    const Match match = built_in().match(endpoint.method, path);
    EXPECT_EQ(match.kind, slash ? MatchKind::kMissingSlash : MatchKind::kUnknown) << path;
    EXPECT_EQ(match.endpoint, nullptr) << path;
  }
}

TEST(Catalogue, AMissingSlashIsARouteOfItsOwn) {
  const Match match = get("/api/0/organizations/acme/issues");
  EXPECT_EQ(match.kind, MatchKind::kMissingSlash);
  EXPECT_EQ(match.route, "/api/0/organizations/{organization_id_or_slug}/issues");
  EXPECT_EQ(match.group, "GET without slash");
  EXPECT_EQ(match.organization, "acme");
  EXPECT_EQ(match.unlisted, "");
}

TEST(Catalogue, AWordGoesBeforeAParameter) {
  constexpr std::string_view kPairs[][2] = {
      {"/api/0/organizations/acme/code-mappings/bulk/",
       "/api/0/organizations/{organization_id_or_slug}/code-mappings/bulk/"},
      {"/api/0/organizations/acme/code-mappings/17/",
       "/api/0/organizations/{organization_id_or_slug}/code-mappings/{config_id}/"},
      {"/api/0/organizations/acme/releases/stats/",
       "/api/0/organizations/{organization_id_or_slug}/releases/stats/"},
      {"/api/0/organizations/acme/releases/stats%20/",
       "/api/0/organizations/{organization_id_or_slug}/releases/{version}/"},
      {"/api/0/projects/acme/web/releases/completion/",
       "/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/releases/completion/"},
      {"/api/0/projects/acme/web/releases/token/",
       "/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/releases/token/"},
      {"/api/0/projects/acme/web/releases/1.0/",
       "/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/releases/{version}/"},
  };
  for (const auto& [path, route] : kPairs) EXPECT_EQ(get(path).route, route) << path;
}

// Sentry's routes know no methods: what the word does not serve is refused there, not served by
// the parameter.
TEST(Catalogue, AWordGoesBeforeAParameterWhateverTheMethod) {
  const Match match = built_in().match(Method::kDelete, "/api/0/projects/acme/web/releases/token/");
  EXPECT_EQ(match.kind, MatchKind::kOtherMethod);
  EXPECT_THAT(std::string(match.route), HasSubstr("releases/token/"));
}

TEST(Catalogue, TheLeftMostWordDecidesBetweenCrossingTemplates) {
  for (const std::string_view last : {"install-details", "size-analysis"}) {
    const std::string folder = "/api/0/organizations/acme/preprodartifacts/";
    const Match both = get(folder + "snapshots/" + std::string(last) + "/");
    EXPECT_THAT(std::string(both.route), HasSubstr("preprodartifacts/snapshots/{snapshot_id}/"));
    const Match other = get(folder + "17/" + std::string(last) + "/");
    EXPECT_THAT(std::string(other.route), HasSubstr("preprodartifacts/{artifact_id}/"));
  }
}

TEST(Catalogue, AWordThatLeadsNowhereGivesWayToTheParameter) {
  const Catalogue catalogue =
      catalogue_of(row("GET", "/api/0/a/b/c/") + row("GET", "/api/0/{x}/b/d/"));
  EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/a/b/d/").route, "/api/0/{x}/b/d/");
  EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/a/b/c/").route, "/api/0/a/b/c/");
}

TEST(Catalogue, TheOrderOfRowsDoesNotMatter) {
  const std::string rows[] = {row("GET", "/api/0/x/{id}/"), row("GET", "/api/0/x/word/"),
                              row("GET", "/api/0/x/{a}:{b}/")};
  for (const auto& order : {rows[0] + rows[1] + rows[2], rows[2] + rows[1] + rows[0]}) {
    const Catalogue catalogue = catalogue_of(order);
    EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/x/word/").route, "/api/0/x/word/");
    EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/x/a:b/").route, "/api/0/x/{a}:{b}/");
    EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/x/other/").route, "/api/0/x/{id}/");
  }
}

TEST(Catalogue, AnEventIsNamedByProjectAndId) {
  const std::string folder = "/api/0/organizations/acme/events/";
  for (const std::string_view colon : {":", "%3A", "%3a"}) {
    const std::string path = folder + "web" + std::string(colon) + "0123456789abcdef/";
    const Match match = get(path);
    EXPECT_THAT(std::string(match.route), HasSubstr("/events/{project_id_or_slug}:{event_id}/"));
    EXPECT_EQ(match.project, "web");
    EXPECT_EQ(match.organization, "acme");
  }
  EXPECT_EQ(get(folder + "web:x:17/").project, "web:x");
  for (const std::string_view odd : {"web", ":17", "web:", "web:x:", "%3A", ":"})
    EXPECT_EQ(get(folder + std::string(odd) + "/").kind, MatchKind::kUnknown) << odd;
}

TEST(Catalogue, ParametersAreAnythingBetweenSlashesAndStayAsTheyAre) {
  constexpr std::string_view kVersions[] = {"1.0",       "app%401.0%2B5", "a%2Fb",     "%E2%9C%93",
                                            "app@1.0+5", "%2e%2e",        "{version}", "groups",
                                            "*",         "...",           "stats.",    "%00"};
  for (const std::string_view version : kVersions) {
    const std::string path =
        "/api/0/organizations/acme%20inc/releases/" + std::string(version) + "/deploys/";
    const Match match = get(path);
    EXPECT_EQ(match.kind, MatchKind::kEndpoint) << version;
    EXPECT_EQ(match.route,
              "/api/0/organizations/{organization_id_or_slug}/releases/{version}/deploys/");
    EXPECT_EQ(match.organization, "acme%20inc");
  }
}

TEST(Catalogue, TheOwnerIsWhereTheRoutesOwnTemplateNamesIt) {
  const Catalogue catalogue = catalogue_of(row("GET", "/api/0/x/{key}/") +
                                           row("GET", "/api/0/x/{organization_id_or_slug}/y/") +
                                           row("GET", "/api/0/x/word/a/b/"));
  EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/x/acme/").organization, "");
  EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/x/acme/y/").organization, "acme");
  EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/x/word/y/").organization, "word");
}

TEST(Catalogue, GroupsIsAnotherSpellingOfIssues) {
  constexpr std::string_view kPaths[][2] = {
      {"/api/0/groups/17/", "/api/0/issues/17/"},
      {"/api/0/groups/17/events/latest/", "/api/0/issues/17/events/latest/"},
      {"/api/0/organizations/acme/groups/17/hashes/",
       "/api/0/organizations/acme/issues/17/hashes/"},
      {"/api/0/projects/acme/web/groups/", "/api/0/projects/acme/web/issues/"},
  };
  for (const auto& [groups, issues] : kPaths) {
    EXPECT_EQ(get(groups).kind, MatchKind::kEndpoint) << groups;
    EXPECT_EQ(get(groups).endpoint, get(issues).endpoint) << groups;
  }
  EXPECT_EQ(get("/api/0/organizations/groups/").organization, "groups");
  EXPECT_EQ(get("/api/0/organizations/groups/groups/").organization, "groups");
  EXPECT_EQ(get("/api/0/Groups/17/").kind, MatchKind::kUnknown);
}

TEST(Catalogue, ATableMaySpellGroupsItself) {
  const Catalogue catalogue =
      catalogue_of(row("GET", "/api/0/groups/") + row("GET", "/api/0/issues/"));
  EXPECT_EQ(catalogue.match(Method::kGet, "/api/0/groups/").route, "/api/0/groups/");
}

TEST(Catalogue, AMethodThatTheTableLacksKeepsTheRoute) {
  for (const Method method : {Method::kHead, Method::kOptions, Method::kPatch, Method::kOther}) {
    const Match match = built_in().match(method, "/api/0/organizations/acme/issues/");
    EXPECT_EQ(match.kind, MatchKind::kOtherMethod);
    EXPECT_EQ(match.endpoint, nullptr);
    EXPECT_EQ(match.route, "/api/0/organizations/{organization_id_or_slug}/issues/");
    EXPECT_EQ(match.group, http::to_string(method));
    EXPECT_EQ(match.organization, "acme");
  }
}

TEST(Catalogue, PathsOfOneCounterAreOneRoute) {
  const Match alias = get("/api/0/issues/17/");
  const Match published = get("/api/0/organizations/acme/issues/17/");
  EXPECT_NE(alias.endpoint, published.endpoint);
  EXPECT_EQ(alias.route, "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/");
  EXPECT_EQ(alias.route, published.route);
  EXPECT_EQ(alias.group, published.group);
  EXPECT_NE(get("/api/0/issues/17/hashes/").route,
            get("/api/0/organizations/acme/issues/17/hashes/").route)
      << "counted with the default group: nothing makes them one";
}

TEST(Catalogue, ANamedGroupOfSentrysIsAGroup) {
  const std::string chunks = "/api/0/organizations/acme/chunk-upload/";
  EXPECT_EQ(get(chunks).group, "GET CLI");
  EXPECT_EQ(built_in().match(Method::kPost, chunks).group, "POST CLI");
  EXPECT_EQ(built_in().match(Method::kHead, chunks).group, "HEAD");
  EXPECT_EQ(get("/api/0/organizations/acme/").group, "GET");
  EXPECT_EQ(get("/api/0/organizations/acme/issues/17/").group, "GET") << "own: parted by proof";
  EXPECT_EQ(get("/api/0/customers/acme/").group, "GET") << "bucket unknown";
}

TEST(Catalogue, WhatIsNotListedIsNamedByItsKnownBeginning) {
  struct Row {
    std::string_view path, route, unlisted, organization, project;
  };
  constexpr Row kRows[] = {
      {"/api/0/nothing/", "/api/0/*", "nothing/", "", ""},
      {"/api/0/organizations/acme/new/17/", "/api/0/organizations/{organization_id_or_slug}/*",
       "new/17/", "acme", ""},
      {"/api/0/organizations/acme/issues/17/new",
       "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/*", "new", "acme", ""},
      {"/api/0/projects/acme/", "/api/0/projects/{organization_id_or_slug}/*", "", "acme", ""},
      {"/api/0/projects/acme/web/new/",
       "/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/*", "new/", "acme", "web"},
      {"/api/0/organizations//issues/", "/api/0/organizations/*", "/issues/", "", ""},
      {"/api/0/organizations/acme//", "/api/0/organizations/{organization_id_or_slug}/*", "/",
       "acme", ""},
      {"/api/0/organizations/../issues/", "/api/0/organizations/*", "../issues/", "", ""},
      {"/api/0/organizations/./", "/api/0/organizations/*", "./", "", ""},
      {"/api/0//", "/api/0/*", "/", "", ""},
      {"/api/0", "*", "", "", ""},
      {"/api/1/organizations/", "*", "", "", ""},
      {"/", "*", "", "", ""},
      {"", "*", "", "", ""},
  };
  for (const Row& row : kRows) {
    const Match match = get(row.path);
    EXPECT_EQ(match.kind, MatchKind::kUnknown) << row.path;
    EXPECT_EQ(match.route, row.route) << row.path;
    EXPECT_EQ(match.unlisted, row.unlisted) << row.path;
    EXPECT_EQ(match.organization, row.organization) << row.path;
    EXPECT_EQ(match.project, row.project) << row.path;
    EXPECT_EQ(match.group, "GET unlisted");
  }
}

TEST(Catalogue, NoPathMakesARouteThatIsNew) {
  std::set<std::string, std::less<>> routes;
  for (const Endpoint& endpoint : built_in().endpoints()) {
    const std::string path = filled(endpoint.path, "x");
    for (size_t cut = 0; cut <= path.size(); ++cut) {
      for (const std::string_view tail : {"", "/", "zzz", "/zzz/", "//", "/1/2/3/4/5/6/7/8/9/"}) {
        const std::string odd = path.substr(0, cut) + std::string(tail);
        routes.emplace(get(odd).route);
      }
    }
  }
  EXPECT_LT(routes.size(), 1200u);
  for (const std::string& route : routes) {
    EXPECT_EQ(route.find("zzz"), std::string::npos) << route;
    EXPECT_LE(route.size(), 140u) << route;
  }
}

TEST(Catalogue, HostilePathsCostLittleAndMatchNothing) {
  std::string deep = "/api/0/organizations/acme";
  for (int i = 0; i < 10'000; ++i) deep += "/issues";
  const std::string wide = "/api/0/" + std::string(1'000'000, 'x') + "/";
  const std::string colons = "/api/0/organizations/acme/events/" + std::string(100'000, ':') + "/";
  const std::string slashes = "/api/0/" + std::string(100'000, '/');
  for (const std::string_view path : {std::string_view(deep), std::string_view(wide),
                                      std::string_view(colons), std::string_view(slashes)}) {
    const Match match = get(path);
    EXPECT_EQ(match.kind, MatchKind::kUnknown);
    EXPECT_LE(match.route.size(), 140u);
  }
  EXPECT_EQ(get(deep).organization, "acme");
  const std::string name = "/api/0/organizations/" + std::string(1'000'000, 'x') + "/";
  EXPECT_EQ(get(name).kind, MatchKind::kEndpoint) << "a long name is a name all the same";
}

TEST(Catalogue, TheDeepestTemplateThatIsAllowedIsFound) {
  std::string path = "/api/0/";
  for (size_t i = 0; i < ApiPath::kMostSegments; ++i) path += "s/";
  const Catalogue catalogue = catalogue_of(row("GET", path));
  EXPECT_EQ(catalogue.match(Method::kGet, path).kind, MatchKind::kEndpoint);
  EXPECT_EQ(catalogue.match(Method::kGet, path + "s/").kind, MatchKind::kUnknown);
  EXPECT_EQ(catalogue.match(Method::kGet, path + "s/s/").unlisted, "s/s/");
}

TEST(Catalogue, KeepsItsViewsWhenItIsMoved) {
  Catalogue first = catalogue_of(row("GET", "/api/0/x/{id}/"));
  const Match before = first.match(Method::kGet, "/api/0/x/17/");
  const Match nothing = first.match(Method::kGet, "/api/0/y/");
  const Catalogue second = std::move(first);
  EXPECT_EQ(second.match(Method::kGet, "/api/0/x/17/").endpoint, before.endpoint);
  EXPECT_EQ(before.route, "/api/0/x/{id}/");
  EXPECT_EQ(nothing.route, "/api/0/*");
}

TEST(Catalogue, RowsForTheSameRequestsAreFaults) {
  const std::string first = row("GET", "/api/0/x/{id}/");
  EXPECT_EQ(fault_of(first + first), "rows:2: is the same as line 1");
  EXPECT_EQ(fault_of(first + row("PUT", "/api/0/x/{key}/")),
            "rows:2: fits the same paths as /api/0/x/{id}/");
  EXPECT_EQ(fault_of(first + row("PUT", "/api/0/x/{id}/") + row("GET", "/api/0/x/{key}") +
                     row("GET", "/api/0/x/{key}/y/")),
            "");
  EXPECT_THAT(fault_of("nonsense\n"), HasSubstr("rows:1: 1 columns"));
}

}  // namespace
}  // namespace postern::policy
