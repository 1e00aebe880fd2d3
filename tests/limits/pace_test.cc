#include "limits/pace.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern::limits {
namespace {

TEST(Pace, HalfOfAShortWindowGoesAtOnce) {
  EXPECT_DOUBLE_EQ(Pace(1).allowed(40, 0), 20);
  EXPECT_DOUBLE_EQ(Pace(2).allowed(40, 0), 20);
}

TEST(Pace, AQuarterOfALongWindowGoesAtOnce) {
  EXPECT_DOUBLE_EQ(Pace(60).allowed(40, 0), 10);
}

TEST(Pace, AllIsAllowedAfterFourFifths) {
  EXPECT_LT(Pace(1).allowed(40, 0.79), 40);
  EXPECT_DOUBLE_EQ(Pace(1).allowed(40, 0.8), 40);
  EXPECT_DOUBLE_EQ(Pace(1).allowed(40, 1.5), 40);
}

TEST(Pace, OneCallIsAlwaysAllowed) {
  EXPECT_DOUBLE_EQ(Pace(1).allowed(1, 0), 1);
  EXPECT_DOUBLE_EQ(Pace(60).allowed(2, -5), 1);
}

TEST(Pace, WhenIsTheInverseOfAllowed) {
  const Pace pace(60);
  for (double calls = 1; calls <= 40; ++calls) {
    const Seconds when = pace.when(40, calls);
    EXPECT_GE(pace.allowed(40, when), calls - 1e-9);
    EXPECT_LT(pace.allowed(40, std::max(0.0, when - 0.001)), std::max(10.1, calls));
  }
}

TEST(Pace, MoreThanTheBudgetIsTheEndOfThePacedPart) {
  EXPECT_DOUBLE_EQ(Pace(1).when(10, 11), 0.8);
}

}  // namespace
}  // namespace postern::limits
