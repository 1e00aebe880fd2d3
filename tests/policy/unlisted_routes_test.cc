#include "policy/unlisted_routes.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "policy/table_rows.h"

namespace postern::policy {
namespace {

class UnlistedRoutesTest : public ::testing::Test {
 protected:
  std::string_view name(std::string_view path) {
    return routes_.name(test::built_in().match(http::Method::kGet, path));
  }

  UnlistedRoutes routes_;
};

TEST_F(UnlistedRoutesTest, WordsStayAndIdsAreStars) {
  constexpr std::string_view kRows[][2] = {
      {"/api/0/new-thing/", "/api/0/new-thing/"},
      {"/api/0/new-thing", "/api/0/new-thing"},
      {"/api/0/new-thing/17/", "/api/0/new-thing/*/"},
      {"/api/0/new-thing/17/part/x9/", "/api/0/new-thing/*/part/*/"},
      {"/api/0/organizations/acme/new-thing/17",
       "/api/0/organizations/{organization_id_or_slug}/new-thing/*"},
      {"/api/0/organizations/acme/issues/17/new-thing/",
       "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/new-thing/"},
      {"/api/0/organizations/acme/release-threshold/app@1.2/",
       "/api/0/organizations/{organization_id_or_slug}/release-threshold/*/"},
      {"/api/0/projects/acme/", "/api/0/projects/{organization_id_or_slug}/*"},
      {"/other", "*"},
  };
  for (const auto& [path, route] : kRows) EXPECT_EQ(name(path), route) << path;
}

TEST_F(UnlistedRoutesTest, WhatIsListedKeepsItsRouteAndTakesNoPlace) {
  EXPECT_EQ(name("/api/0/organizations/acme/"), "/api/0/organizations/{organization_id_or_slug}/");
  EXPECT_EQ(name("/api/0/organizations/acme"), "/api/0/organizations/{organization_id_or_slug}");
  EXPECT_EQ(routes_.size(), 0u);
}

TEST_F(UnlistedRoutesTest, IdsOfOneKindAreOneName) {
  const std::string_view first = name("/api/0/organizations/acme/new-thing/1/");
  EXPECT_EQ(name("/api/0/organizations/globex/new-thing/2/").data(), first.data());
  EXPECT_EQ(routes_.size(), 1u);
}

TEST_F(UnlistedRoutesTest, AreBounded) {
  const std::string_view early = name("/api/0/organizations/acme/early/");
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) {
      name("/api/0/organizations/acme/new-" + std::string{a, b} + "/");
      ASSERT_LE(routes_.size(), UnlistedRoutes::kMostNames);
    }
  }
  EXPECT_EQ(routes_.size(), UnlistedRoutes::kMostNames);
  EXPECT_EQ(name("/api/0/organizations/acme/late/"),
            "/api/0/organizations/{organization_id_or_slug}/*");
  EXPECT_EQ(name("/api/0/organizations/acme/early/").data(), early.data()) << "names stay";
}

TEST_F(UnlistedRoutesTest, AreNeverLong) {
  std::string deep = "/api/0/";
  for (int i = 0; i < 10'000; ++i) deep += "word/";
  EXPECT_EQ(name(deep).size(), UnlistedRoutes::kLongestName);
  EXPECT_LE(name("/api/0/" + std::string(100'000, 'x')).size(), UnlistedRoutes::kLongestName);
}

TEST_F(UnlistedRoutesTest, FindingMakesNoName) {
  const auto find = [this](std::string_view path) {
    return routes_.find(test::built_in().match(http::Method::kGet, path));
  };
  EXPECT_EQ(find("/api/0/new-thing/17/"), "");
  EXPECT_EQ(routes_.size(), 0u);
  EXPECT_EQ(name("/api/0/new-thing/17/"), "/api/0/new-thing/*/");
  EXPECT_EQ(find("/api/0/new-thing/18/"), "/api/0/new-thing/*/");
  EXPECT_EQ(find("/api/0/organizations/acme/"), name("/api/0/organizations/acme/"));
}

}  // namespace
}  // namespace postern::policy
