#include "relay/route_timeouts.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

using namespace std::chrono_literals;
using policy::Traffic;

TEST(RouteTimeouts, TheFirstRuleThatFitsHolds) {
  const RouteTimeouts timeouts({{"/api/0/organizations/{organization}/events/", 5s},
                                {std::string(kUploads), 3min},
                                {"/api/0/organizations/*", 7s},
                                {std::string(kAutofix), 2min}});
  EXPECT_EQ(timeouts.find(Traffic::kOrdinary, "/api/0/organizations/acme/events/"), 5s);
  EXPECT_EQ(timeouts.find(Traffic::kUpload, "/api/0/organizations/acme/events/"), 5s);
  EXPECT_EQ(timeouts.find(Traffic::kUpload, "/api/0/organizations/acme/chunk-upload/"), 3min);
  EXPECT_EQ(timeouts.find(Traffic::kAutofix, "/api/0/organizations/acme/issues/1/autofix/"), 7s);
  EXPECT_EQ(timeouts.find(Traffic::kAutofix, "/api/0/issues/1/autofix/"), 2min);
  EXPECT_EQ(timeouts.find(Traffic::kOrdinary, "/api/0/projects/acme/web/"), 0s);
  EXPECT_EQ(RouteTimeouts({}).find(Traffic::kUpload, "/api/0/x/"), 0s);
}

TEST(RouteTimeouts, ANameStandsForOneSegmentAndAStarForAllThatFollow) {
  const auto fits = [](const char* pattern, std::string_view path) {
    return RouteTimeouts({{pattern, 1s}}).find(Traffic::kOrdinary, path) == 1s;
  };
  EXPECT_TRUE(fits("/api/0/a/{b}/c/", "/api/0/a/x/c/"));
  EXPECT_FALSE(fits("/api/0/a/{b}/c/", "/api/0/a/x/y/c/"));
  EXPECT_TRUE(fits("/api/0/a/{b}/c/", "/api/0/a/x/c")) << "the slash at the end does not count";
  EXPECT_FALSE(fits("/api/0/a/{b}/c/", "/api/0/a/x/c/d/"));
  EXPECT_FALSE(fits("/api/0/a/{b}/c/", "/api/0/a/x/C/"));
  EXPECT_FALSE(fits("/api/0/a/{b}/", "/api/0/a/"));
  EXPECT_TRUE(fits("/api/0/a/*", "/api/0/a/x"));
  EXPECT_TRUE(fits("/api/0/a/*", "/api/0/a/x/y/"));
  EXPECT_FALSE(fits("/api/0/a/*", "/api/0/b/x/"));
  EXPECT_TRUE(fits("/api/0/a/*", "/api/0/a/"));
}

}  // namespace
}  // namespace postern::relay
