#include "limits/family.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "builders.h"

namespace postern::limits {
namespace {

struct Fixture {
  Host host;
  QueueTotals totals{1000, 1 << 20, 0, 0};
  uint64_t next_id = 0;
  Family family{{"7", "sentry.io", "GET"}, host, frame()};
  CallId ids = 0;

  Family::Frame frame() {
    Family::Frame frame;
    frame.bounds = {1000, 1 << 20};
    frame.totals = &totals;
    frame.next_id = &next_id;
    return frame;
  }
  // A call whose answer shows this place; true: routes have moved.
  bool call(RouteId route, int64_t rank, int64_t reset, int64_t limit = 40) {
    const Seconds now = static_cast<Seconds>(reset) - 1000 - 0.5;
    Bucket& bucket = family.slot_of(route).bucket;
    bucket.reserve(++ids, route, now);
    bucket.sent(ids, now);
    const Answer answer = test::served(limit, rank, reset);
    bucket.answered(ids, answer, now + 0.01);
    return family.observe(route, answer, now + 0.01);
  }
  // Windows in which neither route shows a place of the other's.
  void speak_for_one(RouteId a, RouteId b, int64_t from, int64_t to) {
    for (int64_t reset = from; reset < to; ++reset) {
      for (int64_t i = 1; i <= 3; ++i) {
        call(a, 2 * i, reset);
        call(b, 2 * i + 1, reset);
      }
    }
  }
  bool together(RouteId a, RouteId b) { return &family.slot_of(a) == &family.slot_of(b); }
};

TEST(Family, AllRoutesStartInOneBucket) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  EXPECT_NE(a, b);
  EXPECT_EQ(f.family.route("/a/"), a);
  EXPECT_TRUE(f.together(a, b));
  EXPECT_EQ(f.family.routes_of(f.family.slot_of(a)).size(), 2U);
}

TEST(Family, AProofPartsThem) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  f.call(a, 1, 2000);
  f.call(b, 1, 2000);
  EXPECT_FALSE(f.call(a, 1, 2001));
  EXPECT_TRUE(f.call(a, 1, 2002));
  EXPECT_FALSE(f.together(a, b));
  EXPECT_EQ(f.family.slot_of(b).bucket.limit(), 40);
}

TEST(Family, ThreeCountersMakeThreeBuckets) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  const RouteId c = f.family.route("/c/");
  for (const RouteId route : {a, b, c}) f.call(route, 1, 2000);
  f.call(a, 1, 2002);
  EXPECT_FALSE(f.together(a, b) || f.together(b, c) || f.together(a, c));
}

TEST(Family, RoutesOfOneCounterPartTogether) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  const RouteId c = f.family.route("/c/");
  f.call(a, 1, 2000);
  f.call(a, 2, 2000);
  f.call(a, 3, 2000);
  f.call(b, 1, 2000);
  f.call(c, 2, 2000);
  f.call(a, 1, 2002);
  EXPECT_TRUE(f.together(b, c));
  EXPECT_FALSE(f.together(a, b));
}

TEST(Family, WaitingRequestsMoveWithTheirRoute) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  for (EntryId id = 1; id <= 6; ++id) {
    Entry entry;
    entry.id = id;
    entry.caller = "caller";
    entry.arrival = static_cast<Seconds>(id);
    entry.deadline = 1e9;
    entry.route = id % 2 == 0 ? b : a;
    f.family.slot_of(a).queue.push(entry, Place::kBack);
  }
  f.call(a, 1, 2000);
  f.call(a, 2, 2000);
  f.call(b, 1, 2000);
  f.call(a, 1, 2002);
  EXPECT_EQ(f.family.slot_of(a).queue.of_route(a).size(), 3U);
  Queue& moved = f.family.slot_of(b).queue;
  for (const EntryId id : std::vector<EntryId>{2, 4, 6}) EXPECT_EQ(moved.take()->id, id);
  EXPECT_EQ(f.totals.entries, 3U);
}

TEST(Family, EvidenceJoinsThemAgain) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  f.call(a, 1, 2000);
  f.call(b, 1, 2000);
  f.call(a, 1, 2002);
  ASSERT_FALSE(f.together(a, b));
  f.speak_for_one(a, b, 2010, 2016);
  EXPECT_TRUE(f.together(a, b));
}

TEST(Family, ANewRouteStartsWithTheBusiestOne) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  f.call(a, 1, 2000);
  f.call(b, 1, 2000);
  for (int64_t i = 0; i < 5; ++i) f.call(b, 1 + i, 2002);
  ASSERT_FALSE(f.together(a, b));
  EXPECT_TRUE(f.together(f.family.route("/c/"), b));
}

TEST(Family, RoutesAreBounded) {
  Fixture f;
  for (size_t i = 0; i < Family::kMostRoutes + 100; ++i)
    f.family.route("/route/" + std::to_string(i));
  EXPECT_EQ(f.family.route("/one more/"), Family::kMostRoutes - 1);
  EXPECT_EQ(f.family.route("/route/5"), 5U) << "those that had a place keep it";
}

TEST(Family, WhatFindsNoPlaceIsOneRouteWithANameOfItsOwn) {
  Fixture f;
  for (size_t i = 0; i < Family::kMostRoutes; ++i) f.family.route("/route/" + std::to_string(i));
  const std::vector<std::string_view> names = f.family.routes_of(f.family.slot_for("/one more/"));
  ASSERT_EQ(names.size(), Family::kMostRoutes);
  EXPECT_EQ(names.back(), Family::kOtherRoutes);
  EXPECT_EQ(names[names.size() - 2], "/route/" + std::to_string(Family::kMostRoutes - 2));
}

TEST(Family, WhatFindsNoPlaceIsInTheBucketOfTheOthersNotInTheBusiest) {
  Fixture f;
  const RouteId first = f.family.route("/route/0");
  for (size_t i = 1; i < Family::kMostRoutes; ++i) f.family.route("/route/" + std::to_string(i));
  const RouteId others = f.family.route("/one more/");
  f.call(first, 1, 2000);
  f.call(others, 1, 2000);
  f.call(first, 1, 2002);
  ASSERT_FALSE(f.together(first, others));
  EXPECT_EQ(&f.family.slot_for("/another/"), &f.family.slot_of(others));
}

TEST(Family, PartingAndJoiningForeverMakesNoMoreBucketsThanRoutes) {
  Fixture f;
  const RouteId a = f.family.route("/a/");
  const RouteId b = f.family.route("/b/");
  for (int64_t round = 0; round < 20; ++round) {
    const int64_t begin = 2000 + 20 * round;
    f.call(a, 1, begin);
    f.call(b, 1, begin);
    f.speak_for_one(a, b, begin + 3, begin + 10);
  }
  EXPECT_LE(f.family.slots().size(), 2U);
}

}  // namespace
}  // namespace postern::limits
