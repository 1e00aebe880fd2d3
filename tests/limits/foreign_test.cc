#include "limits/foreign.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

// A window of limit 40 in which we were served `served` and saw the count at `rank`.
WindowSummary window(double served, double rank, double rejected = 0) {
  WindowSummary window;
  window.limit = 40;
  window.served = served;
  window.answered = served + rejected;
  window.max_rank = rank;
  window.position = 1;
  window.rejected = rejected;
  window.used_up = true;
  return window;
}

TEST(Foreign, NobodyElseMeansNothingIsExpected) {
  Foreign foreign;
  for (int i = 0; i < 10; ++i) foreign.window_over(window(40, 40), i);
  EXPECT_EQ(foreign.expected(0, 1), 0);
  EXPECT_EQ(foreign.ceiling(40), 40);
  EXPECT_FALSE(foreign.was_seen(10));
}

TEST(Foreign, LearnsWhatOthersTake) {
  Foreign foreign;
  for (int i = 0; i < 20; ++i) foreign.window_over(window(30, 40), i);
  EXPECT_NEAR(foreign.mean(), 10, 0.1);
  EXPECT_NEAR(foreign.expected(0, 1), 10, 0.5);
  EXPECT_NEAR(foreign.expected(4, 0.5), 9, 0.5);
  EXPECT_TRUE(foreign.was_seen(20));
  EXPECT_FALSE(foreign.was_seen(100));
}

TEST(Foreign, HalfAWindowSeenCountsForAWholeOne) {
  Foreign foreign;
  WindowSummary half = window(10, 15);
  half.position = 0.5;
  for (int i = 0; i < 20; ++i) foreign.window_over(half, i);
  EXPECT_NEAR(foreign.mean(), 10, 0.1);
}

TEST(Foreign, ThreeQuietWindowsForgetThem) {
  Foreign foreign;
  for (int i = 0; i < 10; ++i) foreign.window_over(window(30, 40), i);
  for (int i = 0; i < 3; ++i) foreign.window_over(window(40, 40), 10 + i);
  EXPECT_EQ(foreign.expected(0, 1), 0);
}

TEST(Foreign, TheFirstQuarterAloneProvesNoQuiet) {
  Foreign foreign;
  for (int i = 0; i < 10; ++i) foreign.window_over(window(30, 40), i);
  const double mean = foreign.mean();
  WindowSummary glimpse = window(5, 5);
  glimpse.position = 0.2;
  for (int i = 0; i < 10; ++i) foreign.window_over(glimpse, 10 + i);
  EXPECT_EQ(foreign.mean(), mean);
}

TEST(Foreign, AWindowWithoutCallsTeachesNothing) {
  Foreign foreign;
  for (int i = 0; i < 10; ++i) foreign.window_over(window(30, 40), i);
  const double mean = foreign.mean();
  foreign.window_over(window(0, 0), 11);
  EXPECT_EQ(foreign.mean(), mean);
}

TEST(Foreign, RejectionsLowerTheCeilingAndGoodWindowsRaiseIt) {
  Foreign foreign;
  for (int i = 0; i < 5; ++i) foreign.window_over(window(20, 40, 10), i);
  const double low = foreign.ceiling(40);
  EXPECT_LT(low, 30);
  EXPECT_GE(low, 1);
  for (int i = 0; i < 40; ++i) foreign.window_over(window(30, 40), 5 + i);
  EXPECT_EQ(foreign.ceiling(40), 40);
}

TEST(Foreign, AnUnusedBudgetDoesNotRaiseTheCeiling) {
  Foreign foreign;
  for (int i = 0; i < 5; ++i) foreign.window_over(window(20, 40, 10), i);
  const double low = foreign.ceiling(40);
  WindowSummary idle = window(5, 9);
  idle.used_up = false;
  for (int i = 0; i < 10; ++i) foreign.window_over(idle, 5 + i);
  EXPECT_EQ(foreign.ceiling(40), low);
}

TEST(Foreign, ACeilingAtTheLimitFollowsTheLimit) {
  Foreign foreign;
  foreign.limit_changed(10, 60);
  EXPECT_EQ(foreign.ceiling(60), 60);
  for (int i = 0; i < 5; ++i) foreign.window_over(window(20, 40, 10), i);
  const double low = foreign.ceiling(40);
  foreign.limit_changed(40, 80);
  EXPECT_DOUBLE_EQ(foreign.ceiling(80), 2 * low);
}

}  // namespace
}  // namespace postern::limits
