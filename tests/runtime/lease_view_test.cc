#include "runtime/lease_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "grants/timestamp.h"
#include "support/fake_background.h"
#include "support/fake_clock.h"
#include "support/fake_kubernetes.h"

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

LeaseViewOptions some_options() {
  LeaseViewOptions options;
  options.cluster.namespace_name = "shop";
  options.cluster.server = "https://api";
  options.id = "web-1_me";
  options.grants = {"acme"};
  return options;
}

struct LeaseViewTest : ::testing::Test {
  LeaseViewTest() {
    own.name = "web-1";
    own.pid = 17;
    own.ready = true;
    own.uptime_s = 60;
    own.generations = {{"acme", 12}};
    cluster.put("acme", "postern.record.v1 12\n{}");
  }

  admin::FleetReport read() {
    view.read([this] { ++reads; });
    background.run();
    return view.report();
  }
  // Somebody took it so long ago, and has renewed it since.
  void hold(const std::string& holder, std::chrono::seconds taken, std::chrono::seconds renewed) {
    cluster.hold_lease(holder, 35);
    cluster.change("leases", {{"spec",
                               {{"acquireTime", grants::format_timestamp(clock.wall() - taken)},
                                {"renewTime", grants::format_timestamp(clock.wall() - renewed)}}}});
  }

  postern::test::FakeClock clock;
  postern::test::FakeBackground background;
  postern::test::FakeCluster cluster;
  postern::test::FakeKubernetes server{cluster};
  admin::Presence own;
  LeaseView view{some_options(), {server, background, clock, [this] { return own; }}};
  int reads = 0;
};

TEST_F(LeaseViewTest, SaysWhoHoldsTheLeaseAndUntilWhen) {
  hold("web-2_x", 8s, 5s);
  const admin::FleetReport report = read();
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(report.place, "Secret shop/postern-grants at https://api");
  EXPECT_EQ(report.unlisted, admin::kUnlisted);
  EXPECT_EQ(report.fault, "");
  ASSERT_EQ(report.grants.size(), 1U);
  EXPECT_EQ(report.grants[0].state, "stored");
  EXPECT_EQ(report.grants[0].generation, 12U);
  ASSERT_TRUE(report.grants[0].lease);
  EXPECT_EQ(report.grants[0].lease->holder, "web-2_x");
  EXPECT_EQ(report.grants[0].lease->held_s, 8);
  EXPECT_EQ(report.grants[0].lease->left_s, 30);
  EXPECT_TRUE(is_well(report));
}

TEST_F(LeaseViewTest, ThisInstanceIsNamedAsInTheList) {
  hold("web-1_me", 1s, 1s);
  const admin::FleetReport report = read();
  EXPECT_EQ(report.grants[0].lease.value().holder, "web-1/17");
  ASSERT_EQ(report.replicas.size(), 1U);
  EXPECT_TRUE(report.replicas[0].is_self);
  EXPECT_EQ(report.replicas[0].grants.at(0).generation, 12U);
}

TEST_F(LeaseViewTest, ALeaseThatWasGivenBackIsNobodys) {
  hold("", 8s, 5s);
  EXPECT_FALSE(read().grants[0].lease);
}

TEST_F(LeaseViewTest, OneThatHasRunOutIsStillSaidToBeSomebodys) {
  hold("web-2_x", 100s, 47s);
  EXPECT_EQ(read().grants[0].lease.value().left_s, -12);
}

TEST_F(LeaseViewTest, TimesThatNobodyCanReadAreLeftOut) {
  cluster.hold_lease("web-2_x", 35);
  cluster.change("leases", {{"spec", {{"acquireTime", 7}, {"renewTime", "soon"}}}});
  const admin::LeaseReport lease = read().grants[0].lease.value();
  EXPECT_EQ(lease.since + lease.until, "");
  EXPECT_EQ(lease.held_s, 0);
}

TEST_F(LeaseViewTest, WithoutTheServerItTellsWhatItKnew) {
  EXPECT_FALSE(view.report().age_s);
  hold("web-2_x", 8s, 5s);
  read();
  clock.advance(60s);
  cluster.away = "connection refused";
  const admin::FleetReport report = read();
  EXPECT_THAT(report.fault, HasSubstr("connection refused"));
  EXPECT_EQ(report.age_s, 60);
  EXPECT_EQ(report.grants[0].generation, 12U);
  EXPECT_EQ(report.grants[0].as_of_s, 60);
  EXPECT_FALSE(report.grants[0].lease) << "it may have been renewed since";
  EXPECT_FALSE(report.replicas[0].as_of_s);
  EXPECT_FALSE(is_well(report));
  cluster.away.clear();
  EXPECT_EQ(read().fault, "");
  EXPECT_FALSE(view.report().grants[0].as_of_s);
}

TEST_F(LeaseViewTest, ThoseWhoAskAtTheSameTimeAreOneQuestion) {
  for (int i = 0; i < 3; ++i) view.read([this] { ++reads; });
  EXPECT_EQ(reads, 0);
  background.run();
  EXPECT_EQ(reads, 3);
  read();
  EXPECT_EQ(reads, 4);
  EXPECT_EQ(cluster.asked.size(), 2U) << "what is as fresh as that is not read again";
  clock.advance(1s);
  read();
  EXPECT_EQ(cluster.asked.size(), 4U);
}

TEST_F(LeaseViewTest, WhatIsNotReadYetIsNotKnown) {
  const admin::FleetReport report = view.report();
  EXPECT_EQ(report.grants.at(0).state, "");
  EXPECT_FALSE(report.grants[0].lease);
}

}  // namespace
}  // namespace postern::runtime
