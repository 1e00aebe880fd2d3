#include "runtime/fleet.h"

#include <gtest/gtest.h>

namespace postern::runtime {
namespace {

TEST(Fleet, AnInstanceSaysWhatConcernsTheOthers) {
  admin::StatusReport health;
  health.pid = 17;
  health.version = "1.2";
  health.uptime_s = 90;
  health.store_is_shared = true;
  admin::GrantReport shared;
  shared.name = "acme";
  shared.kind = "oauth";
  shared.state = "fresh";
  shared.usable = true;
  shared.generation = 12;
  admin::GrantReport fixed = shared;
  fixed.name = "fixed";
  fixed.kind = "static";
  health.grants = {shared, fixed};
  admin::Presence presence = presence_of(health, "web-1", true);
  EXPECT_EQ(admin::name_of(presence), "web-1/17");
  EXPECT_EQ(presence.version, "1.2");
  EXPECT_EQ(presence.uptime_s, 90);
  EXPECT_TRUE(presence.ready);
  EXPECT_TRUE(presence.shares_limits);
  EXPECT_EQ(presence.generations, (std::map<std::string, uint64_t>{{"acme", 12}}));

  health.grants[0].usable = false;
  health.grants[0].state = "missing";
  presence = presence_of(health, "web-1", true);
  EXPECT_FALSE(presence.ready);
  EXPECT_EQ(presence.why, "grant acme: no usable token (missing)");
}

}  // namespace
}  // namespace postern::runtime
