#include "policy/least_scopes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "policy/scopes.h"
#include "policy/table_rows.h"

namespace postern::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Calls = std::vector<std::pair<http::Method, std::string_view>>;

std::vector<const Endpoint*> endpoints_of(const Calls& calls) {
  std::vector<const Endpoint*> found;
  for (const auto& [method, path] : calls) {
    found.push_back(test::built_in().match(method, path).endpoint);
    EXPECT_NE(found.back(), nullptr) << path;
  }
  return found;
}

std::vector<std::string_view> least(const Calls& calls) {
  const std::vector<const Endpoint*> endpoints = endpoints_of(calls);
  const LeastScopes found = least_scopes(endpoints, test::built_in().endpoints());
  EXPECT_THAT(found.impossible, IsEmpty());
  return found.scopes;
}

constexpr std::string_view kIssues = "/api/0/organizations/acme/issues/";
constexpr std::string_view kReleases = "/api/0/organizations/acme/releases/";
constexpr std::string_view kProjects = "/api/0/organizations/acme/projects/";
constexpr std::string_view kRules = "/api/0/projects/acme/web/rules/";

TEST(LeastScopes, NoCallsNeedNone) {
  EXPECT_THAT(least({}), IsEmpty());
}

TEST(LeastScopes, ReadingTakesReadScopes) {
  EXPECT_THAT(least({{http::Method::kGet, kIssues}, {http::Method::kGet, kProjects}}),
              ElementsAre("org:read", "event:read"));
}

TEST(LeastScopes, WhatAWiderOneContainsIsLeftOut) {
  EXPECT_THAT(least({{http::Method::kGet, kIssues}, {http::Method::kPut, kIssues}}),
              ElementsAre("event:write"));
}

TEST(LeastScopes, OneScopeThatServesTwoCallsIsTakenOnce) {
  EXPECT_THAT(least({{http::Method::kGet, kReleases}, {http::Method::kPost, kReleases}}),
              ElementsAre("project:releases"));
}

TEST(LeastScopes, AReadScopeIsPreferredToOneThatAlsoChanges) {
  EXPECT_THAT(least({{http::Method::kGet, kReleases}}), ElementsAre("project:read"));
}

// project:write alone would be one scope fewer, and open far more.
TEST(LeastScopes, TwoNarrowScopesArePreferredToAWideOne) {
  EXPECT_THAT(
      least({{http::Method::kGet, "/api/0/projects/acme/web/"}, {http::Method::kPost, kRules}}),
      ElementsAre("project:read", "alerts:write"));
}

TEST(LeastScopes, OrgCiIsNeverOffered) {
  for (const Endpoint& endpoint : test::built_in().endpoints()) {
    if (endpoint.access != Access::kScopes) continue;
    const Endpoint* call = &endpoint;
    const LeastScopes found = least_scopes({&call, 1}, test::built_in().endpoints());
    EXPECT_EQ(found.scopes.size() + found.impossible.size(), 1U) << endpoint.operation;
    for (const std::string_view scope : found.scopes) EXPECT_TRUE(is_grantable(scope)) << scope;
  }
}

TEST(LeastScopes, ACallThatOnlyOrgCiOpensIsNamedAndTheOthersAreServed) {
  Endpoint only;
  only.access = Access::kScopes;
  only.scopes = {"org:ci"};
  Endpoint reading;
  reading.access = Access::kScopes;
  reading.scopes = {"org:read"};
  const std::vector<const Endpoint*> calls{&only, &reading};
  const LeastScopes found = least_scopes(calls, test::built_in().endpoints());
  EXPECT_THAT(found.impossible, ElementsAre(0U));
  EXPECT_THAT(found.scopes, ElementsAre("org:read"));
}

// ------------------------------------------------------------- that nothing less would have done

using Names = std::set<std::string_view>;

Names closed(std::string_view scope) {
  Names names;
  for (const std::string_view name : known_scopes())
    if (implies(scope, name)) names.insert(name);
  return names;
}

// Every set of scopes that contains what its members contain.
std::set<Names> all_closed_sets(const std::set<std::string_view>& members) {
  std::set<Names> sets{{}};
  for (const std::string_view member : members) {
    const Names added = closed(member);
    std::set<Names> grown = sets;
    for (Names set : sets) {
      set.insert(added.begin(), added.end());
      grown.insert(std::move(set));
    }
    sets = std::move(grown);
  }
  return sets;
}

bool passes(const Names& set, const Endpoint& endpoint) {
  return std::any_of(endpoint.scopes.begin(), endpoint.scopes.end(),
                     [&](std::string_view scope) { return set.count(scope) != 0; });
}

std::vector<int> weight(const Names& set) {
  int admin = 0;
  for (const std::string_view name : set) admin += name.ends_with(":admin") ? 1 : 0;
  int changes = 0;
  int reads = 0;
  for (const Endpoint& endpoint : test::built_in().endpoints())
    if (passes(set, endpoint)) ++(http::is_safe(endpoint.method) ? reads : changes);
  return {admin, changes, reads, static_cast<int>(set.size())};
}

// Some calls of few families of scopes at a time: then all sets can be tried.
TEST(LeastScopes, NoOtherSetOfScopesGivesLess) {
  std::mt19937 random(7);
  std::map<Names, std::vector<int>> weights;
  std::vector<const Endpoint*> endpoints;
  for (const Endpoint& endpoint : test::built_in().endpoints())
    if (endpoint.access == Access::kScopes &&
        endpoint.scopes != std::vector<std::string_view>{"org:ci"})
      endpoints.push_back(&endpoint);
  int tried = 0;
  while (tried < 25) {
    std::vector<const Endpoint*> calls;
    std::set<std::string_view> members;
    for (size_t i = 1 + random() % 5; i > 0; --i) {
      calls.push_back(endpoints[random() % endpoints.size()]);
      for (const std::string_view scope : calls.back()->scopes)
        if (is_grantable(scope)) members.insert(scope);
    }
    if (members.size() > 9) continue;
    ++tried;
    std::vector<int> best;
    for (const Names& set : all_closed_sets(members)) {
      if (!std::all_of(calls.begin(), calls.end(),
                       [&](const Endpoint* call) { return passes(set, *call); }))
        continue;
      std::vector<int>& known = weights[set];
      if (known.empty()) known = weight(set);
      if (best.empty() || known < best) best = known;
    }
    const LeastScopes found = least_scopes(calls, test::built_in().endpoints());
    Names set;
    for (const std::string_view scope : found.scopes) set.merge(closed(scope));
    for (const Endpoint* call : calls) EXPECT_TRUE(passes(set, *call)) << call->operation;
    EXPECT_EQ(weight(set), best);
  }
}

}  // namespace
}  // namespace postern::policy
