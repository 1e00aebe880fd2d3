#include "admin/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_clock.h"

namespace postern::admin {
namespace {

struct Page : Stream {
  void send(std::string_view bytes) override { sent += bytes; }
  std::string take() { return std::exchange(sent, {}); }
  std::string sent;
};

TEST(Events, TheFirstNamesEverythingAndLaterOnesWhatHasChanged) {
  Events events;
  Page page;
  const auto follower = events.follow(page, {});
  EXPECT_THAT(page.take(),
              testing::EndsWith(
                  "event: changed\ndata: [\"grants\",\"buckets\",\"requests\",\"fleet\"]\n\n"));
  events.tick({0, 2, 5});
  EXPECT_EQ(page.take(), "event: changed\ndata: [\"buckets\",\"requests\"]\n\n");
  events.tick({0, 2, 5});
  EXPECT_EQ(page.take(), "");
  events.tick({2, 2, 5});
  EXPECT_EQ(page.take(), "event: changed\ndata: [\"grants\"]\n\n");
  events.tick({2, 2, 5, 1});
  EXPECT_EQ(page.take(), "event: changed\ndata: [\"fleet\"]\n\n");
}

TEST(Events, SilenceHasABeat) {
  Events events;
  Page page;
  const auto follower = events.follow(page, {});
  page.take();
  for (int i = 1; i < Events::kBeat; ++i) events.tick({});
  EXPECT_EQ(page.take(), "");
  events.tick({});
  EXPECT_EQ(page.take(), "event: beat\ndata: []\n\n");
}

TEST(Events, NewsOfOtherThingsDoNotTakeTheBeatAway) {
  Events events;
  Page page;
  const auto follower = events.follow(page, {});
  for (uint64_t i = 1; i <= Events::kBeat; ++i) {
    page.take();
    events.tick({0, 0, i});
  }
  EXPECT_EQ(page.take(), "event: changed\ndata: [\"requests\"]\n\nevent: beat\ndata: []\n\n");
}

TEST(Events, WhoComesLaterIsToldOfLaterChangesOnly) {
  Events events;
  Page early;
  Page late;
  const auto one = events.follow(early, {1, 1, 1});
  const auto other = events.follow(late, {2, 1, 1});
  late.take();
  events.tick({2, 1, 1});
  EXPECT_THAT(early.take(), testing::EndsWith("data: [\"grants\"]\n\n"));
  EXPECT_EQ(late.take(), "") << "its first event has named all";
  events.tick({2, 1, 2});
  EXPECT_EQ(late.take(), "event: changed\ndata: [\"requests\"]\n\n");
}

TEST(Events, WhoHasGoneIsNotToldAndMakesRoom) {
  Events events;
  Page page;
  std::vector<std::unique_ptr<Follower>> followers;
  while (!events.is_full()) followers.push_back(events.follow(page, {}));
  EXPECT_EQ(followers.size(), Events::kMostFollowers);
  followers.clear();
  page.take();
  EXPECT_FALSE(events.is_followed());
  events.tick({1, 1, 1});
  events.tick({2, 2, 2});
  EXPECT_EQ(page.take(), "");
}

TEST(Versions, CountingDownIsNoChange) {
  test::FakeClock clock;
  const Inspector inspector(clock, 1);
  const History history;
  StatusReport report;
  report.grants.resize(1);
  report.grants[0].expires_in_s = 100;
  report.grants[0].next_refresh = "2026-01-01T00:00:00Z";
  const Versions before = versions_of(report, history, inspector);
  report.uptime_s = 5;
  report.grants[0].expires_in_s = 99;
  report.grants[0].next_refresh = "2026-01-01T00:00:01Z";
  EXPECT_EQ(versions_of(report, history, inspector).grants, before.grants);
  report.grants[0].state = "revoked";
  EXPECT_NE(versions_of(report, history, inspector).grants, before.grants);
  report.limits.resize(1);
  EXPECT_NE(versions_of(report, history, inspector).buckets, before.buckets);
}

}  // namespace
}  // namespace postern::admin
