// Matching allocates nothing. This file counts the allocations of the whole test program.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "policy/catalogue.h"
#include "policy/permission.h"
#include "policy/pin.h"
#include "policy/rule_builders.h"
#include "policy/table_rows.h"
#include "policy/target.h"
#include "policy/unlisted_routes.h"

namespace {
size_t allocations = 0;
}

// Not inlined: g++ would hold new against free.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace postern::policy {
namespace {

std::vector<std::string> paths_of_all_templates() {
  std::vector<std::string> paths;
  for (const Endpoint& endpoint : test::built_in().endpoints())
    paths.push_back(test::filled(endpoint.path, "some-longer-name-that-fits-no-small-string"));
  return paths;
}

TEST(Allocation, MatchingMakesNone) {
  const Catalogue& catalogue = test::built_in();
  std::vector<std::string> paths = paths_of_all_templates();
  paths.push_back("/api/0/organizations/acme/nothing-that-is-known/17/");
  size_t found = 0;
  const size_t before = allocations;
  for (const std::string& path : paths)
    found += catalogue.match(http::Method::kGet, path).route.size();
  EXPECT_EQ(allocations, before);
  EXPECT_GT(found, 0u);
}

TEST(Allocation, JudgingScopesMakesNone) {
  const std::vector<std::string> granted{"org:read", "event:read", "project:releases"};
  size_t lacking = 0;
  const size_t before = allocations;
  for (const Endpoint& endpoint : test::built_in().endpoints())
    lacking += permission(&endpoint, granted).clearance == Clearance::kLacks ? 1 : 0;
  EXPECT_EQ(allocations, before);
  EXPECT_GT(lacking, 0u);
}

TEST(Allocation, PinningMakesNoneButForANewTarget) {
  Options options;
  options.unpinned = {"/api/0/some-thing-with-a-long-name/{and_a_parameter}/*"};
  const OrganizationPin pin(options);
  const Home home{"an-organization-with-a-long-slug", "4500000000000001", ""};
  size_t before = allocations;
  for (const std::string_view path :
       {"/api/0/organizations/an-organization-with-a-long-slug/issues/",
        "/api/0/organizations/another-organization-with-a-long-slug/", "/api/0/users/me/regions/",
        "/api/0/some-thing-with-a-long-name/some-value/below/", "/api/0/broadcasts/"}) {
    const Match match = test::built_in().match(http::Method::kGet, path);
    pin.judge({http::Method::kGet, path, "", classify(path).organization, match}, home);
    EXPECT_EQ(allocations, before) << path;
    before = allocations;
  }
}

TEST(Allocation, ANameThatIsThereCostsNone) {
  UnlistedRoutes routes;
  const Match match =
      test::built_in().match(http::Method::kGet, "/api/0/organizations/acme/new-thing/17/");
  const std::string_view first = routes.name(match);
  const size_t before = allocations;
  EXPECT_EQ(routes.name(match).data(), first.data());
  EXPECT_EQ(allocations, before);
}

TEST(Allocation, JudgingByRulesMakesNone) {
  const Rules rules = test::compiled(test::rules_of(
      {test::deny({"PUT"}, "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/"),
       test::allow({}, "/api/0/projects/acme/some-longer-name-that-fits-no-small-string/*"),
       test::deny({}, "/api/0/organizations/acme/a-beginning-that-the-catalogue-does-not-know/*")},
      Effect::kDeny));
  const test::Who who{"a-longer-name-of-a-listener-that-fits-no-small-string", 1000, "acme"};
  size_t denied = 0;
  const std::vector<std::string> paths = paths_of_all_templates();
  const size_t before = allocations;
  for (const std::string& path : paths)
    denied += test::verdict(rules, "PUT", path, who).allowed ? 0 : 1;
  denied += test::verdict(rules, "PUT", "/api/0/x%3F/y/", who).allowed ? 0 : 1;
  EXPECT_EQ(allocations, before);
  EXPECT_GT(denied, 0u);
}

TEST(Allocation, IsCountedAtAll) {
  const size_t before = allocations;
  const std::string text(1000, 'x');
  EXPECT_GT(allocations, before);
  EXPECT_EQ(text.size(), 1000u);
}

}  // namespace
}  // namespace postern::policy
