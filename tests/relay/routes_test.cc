// What shares limits with what: the endpoint table's groups and routes, as the governor gets them.
#include <set>

#include "relay/limits_fixture.h"

namespace postern::relay {
namespace {

using Routes = LimitsTest;

TEST(RoutesOfTheTable, OneGroupHasRoomForAllOfThem) {
  const policy::Catalogue catalogue = policy::Catalogue::built_in();
  std::set<std::string_view> paths;
  for (const policy::Endpoint& endpoint : catalogue.endpoints()) paths.insert(endpoint.path);
  EXPECT_GT(paths.size(), 200u);
  EXPECT_LT(paths.size(), limits::Family::kMostRoutes);
  EXPECT_LT(policy::UnlistedRoutes::kMostNames, limits::Family::kMostRoutes);
}

TEST_F(Routes, EndpointsOfOneMethodWaitForEachOtherUntilAProofPartsThem) {
  one_at_a_time();
  set_target("/api/0/organizations/acme/issues/");
  ask();
  set_target("/api/0/projects/acme/web/");
  ask();
  EXPECT_EQ(sends(), 1u);
}

TEST_F(Routes, AGroupOfSentrysIsCountedApart) {
  one_at_a_time();
  set_target("/api/0/organizations/acme/issues/");
  ask();
  set_target("/api/0/organizations/acme/chunk-upload/");
  ask();
  EXPECT_EQ(sends(), 2u);
}

// Sentry answers such calls without fields: enough of those in a row would mean that there is no
// limiter.
TEST_F(Routes, AKnownLimitSurvives404sOfPathsThatAreNotListed) {
  const std::string_view listed = "/api/0/organizations/acme/issues/";
  set_target(listed);
  ask();
  reply(0, 200, "last", window_fields("0", "5001"));
  for (const std::string_view strange :
       {"/api/0/organizations/acme/no-such-thing/", "/api/0/organizations/acme/issues"}) {
    set_target(strange);
    for (int i = 0; i < 30; ++i) {
      const size_t call = sends();
      ask();
      ASSERT_EQ(sends(), call + 1) << strange << " does not wait for a limit that is not its own";
      reply(call, 404, "{}");
    }
  }
  set_target(listed);
  const size_t before = sends();
  ask();
  EXPECT_EQ(sends(), before);
}

}  // namespace
}  // namespace postern::relay
