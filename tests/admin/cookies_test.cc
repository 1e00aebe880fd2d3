#include "admin/cookies.h"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

using namespace std::chrono_literals;

TEST(CookieValue, IsFoundAmongOthers) {
  EXPECT_EQ(cookie_value("a=1; postern=x=y ;b", "postern").reveal(), "x=y");
  EXPECT_EQ(cookie_value("postern=x", "postern").reveal(), "x");
}

TEST(CookieValue, IsEmptyWhenThereIsNoneOrSomebodyPlantedAnother) {
  for (const char* cookies : {"", "a=1", "posternx=1", "xpostern=1", "postern",
                              "postern=", "postern=a; postern=b", "Postern=1"})
    EXPECT_TRUE(cookie_value(cookies, "postern").empty()) << cookies;
}

TEST(ACookie, IsShownToNoScriptAndNoOtherSitesRequests) {
  EXPECT_EQ(to_field({"name", Secret("v"), "/oauth/callback", 10min}),
            "name=v; Path=/oauth/callback; Max-Age=600; HttpOnly; SameSite=Lax");
}

}  // namespace
}  // namespace postern::admin
