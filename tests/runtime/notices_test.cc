#include "runtime/notices.h"

#include <gtest/gtest.h>

namespace postern::runtime {
namespace {

TEST(Notices, ThereAreNoneOfTheDefaults) {
  EXPECT_TRUE(notices_of(config::Options()).empty());
}

TEST(Notices, AnAddressForOtherMachinesWantsANameThatTheyCallItBy) {
  config::Options options;
  options.listen.resize(2);
  options.listen[1].address = "0.0.0.0:7979";
  options.listen[1].allow_remote = true;
  const auto notices = notices_of(options);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].level, log::Level::kWarn);
  EXPECT_EQ(notices[0].event, "hosts_unnamed");
  EXPECT_EQ(notices[0].setting, "listen[1].allow_remote: 0.0.0.0:7979");
  EXPECT_NE(notices[0].detail.find("gets 421"), std::string::npos);
  options.relay.guard.hosts = {"postern.example"};
  EXPECT_TRUE(notices_of(options).empty());
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
