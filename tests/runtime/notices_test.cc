#include "runtime/notices.h"

#include <gtest/gtest.h>

namespace postern::runtime {
namespace {

TEST(Notices, ThereAreNoneOfTheDefaults) {
  EXPECT_TRUE(notices_of(config::Options()).empty());
}

TEST(Notices, BodiesThatAreKeptAreWarnedOf) {
  config::Options options;
  options.admin.inspect_bodies = 4096;
  const auto notices = notices_of(options);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].level, log::Level::kWarn);
  EXPECT_EQ(notices[0].event, "bodies_kept");
  EXPECT_EQ(notices[0].setting, "admin.inspect_bodies: 4KiB");
  EXPECT_NE(notices[0].detail.find("everyone on this machine"), std::string::npos);
}

TEST(Notices, BodiesThatNobodyCouldSeeAreNotKept) {
  config::Options options;
  options.admin.inspect_bodies = 4096;
  options.admin.inspect = 0;
  EXPECT_EQ(notices_of(options).front().event, "bodies_not_kept");
  options.admin.inspect = 1;
  options.admin.listen.clear();
  EXPECT_EQ(notices_of(options).front().event, "bodies_not_kept");
}

}  // namespace
}  // namespace postern::runtime
