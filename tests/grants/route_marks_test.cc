#include "grants/route_marks.h"

#include <gtest/gtest.h>

#include <chrono>

namespace postern::grants {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

TEST(RouteMarks, LastTenMinutes) {
  RouteMarks marks;
  EXPECT_TRUE(marks.empty());
  marks.mark("GET /x", kStart, 3, kStart - 1s);
  EXPECT_EQ(marks.generation_of("GET /x", kStart + 10min - 1ns), 3U);
  EXPECT_FALSE(marks.has("GET /x", kStart + 10min));
  EXPECT_FALSE(marks.has("GET /y", kStart));
  marks.drop_expired(kStart + 10min - 1ns);
  EXPECT_FALSE(marks.empty());
  marks.drop_expired(kStart + 10min);
  EXPECT_TRUE(marks.empty());
}

TEST(RouteMarks, AreLiftedOneByOne) {
  RouteMarks marks;
  marks.mark("GET /x", kStart, 1, kStart);
  marks.mark("GET /y", kStart, 1, kStart);
  marks.lift("GET /x");
  marks.lift("GET /z");
  EXPECT_FALSE(marks.has("GET /x", kStart));
  EXPECT_TRUE(marks.has("GET /y", kStart));
}

TEST(RouteMarks, OfTokensThatWereAliveThenStay) {
  RouteMarks marks;
  marks.mark("before", kStart, 2, kStart - 1s);
  marks.mark("behind", kStart, 2, kStart + 1s);
  marks.mark("older", kStart, 1, kStart + 1s);
  marks.mark("present", kStart, 3, kStart + 1s);
  marks.lift_unproven(3, 2, kStart);
  EXPECT_TRUE(marks.has("before", kStart));
  EXPECT_FALSE(marks.has("behind", kStart));
  EXPECT_TRUE(marks.has("older", kStart));
  EXPECT_TRUE(marks.has("present", kStart));
}

TEST(FewTimes, AreThreeInAnyTenMinutes) {
  FewTimes times;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(times.has_room(kStart + i * 1min));
    times.take(kStart + i * 1min);
  }
  EXPECT_FALSE(times.has_room(kStart + 10min - 1ns));
  ASSERT_TRUE(times.has_room(kStart + 10min));
  times.take(kStart + 10min);
  EXPECT_FALSE(times.has_room(kStart + 11min - 1ns));
  EXPECT_TRUE(times.has_room(kStart + 11min));
}

}  // namespace
}  // namespace postern::grants
