#include "relay/route_shape.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

TEST(RouteShape, NamesAndIdsAreStars) {
  constexpr std::pair<std::string_view, std::string_view> kRows[] = {
      {"/api/0/", "GET /api/0/"},
      {"/api/0/organizations/", "GET /api/0/organizations/"},
      {"/api/0/organizations/acme/", "GET /api/0/organizations/*/"},
      {"/api/0/organizations/acme/issues/42/", "GET /api/0/organizations/*/issues/*/"},
      {"/api/0/organizations/acme/issues/42", "GET /api/0/organizations/*/issues/*"},
      {"/api/0/organizations/acme/releases/app@1.2/deploys/",
       "GET /api/0/organizations/*/releases/*/deploys/"},
      {"/api/0/organizations/acme/releases/abcdef%20/", "GET /api/0/organizations/*/releases/*/"},
      {"/api/0/projects/acme/web/keys/", "GET /api/0/projects/*/*/keys/"},
      {"/api/0/teams/acme/ops/projects/", "GET /api/0/teams/*/*/projects/"},
      {"/api/0/issues/17/events/latest/", "GET /api/0/issues/*/events/latest/"},
      {"/api/0/sentry-apps/", "GET /api/0/sentry-apps/"},
      {"", "GET "},
  };
  for (const auto& [path, shape] : kRows) EXPECT_EQ(route_shape("GET", path).text(), shape);
}

TEST(RouteShape, MethodsAreKindsOfTheirOwn) {
  EXPECT_NE(route_shape("GET", "/api/0/projects/").text(),
            route_shape("POST", "/api/0/projects/").text());
}

TEST(RouteShape, IsNeverLong) {
  std::string path = "/api/0/";
  for (int i = 0; i < 1000; ++i) path += "word/";
  EXPECT_EQ(route_shape("GET", path).text().size(), 200u);
  EXPECT_LE(route_shape("GET", "/api/0/" + std::string(5000, 'x')).text().size(), 200u);
}

}  // namespace
}  // namespace postern::relay
