#include "policy/nearest_template.h"

#include <gtest/gtest.h>

#include "policy/table_rows.h"

namespace postern::policy {
namespace {

TEST(NearestTemplate, IsATypingErrorAway) {
  EXPECT_EQ(nearest_template("/api/0/brodcasts/", test::built_in()), "/api/0/broadcasts/");
  EXPECT_EQ(nearest_template("/api/0/organizations/{o}/isues/", test::built_in()),
            "/api/0/organizations/{organization_id_or_slug}/issues/")
      << "whatever the parameter is called";
}

TEST(NearestTemplate, IsNoneWhereNoneIsNear) {
  EXPECT_FALSE(nearest_template("/api/0/something-quite-different/of/ours/", test::built_in()));
}

}  // namespace
}  // namespace postern::policy
