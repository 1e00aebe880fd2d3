#include "limits/sharing.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::limits {
namespace {

Rank rank(RouteId route, int64_t number, int64_t reset, int64_t limit = 40) {
  Rank rank;
  rank.route = route;
  rank.rank = number;
  rank.reset = reset;
  rank.limit = limit;
  return rank;
}

TEST(Sharing, OnePlaceGivenOutTwiceProvesTwoCounters) {
  Sharing sharing;
  sharing.add(rank(0, 7, 100));
  sharing.add(rank(1, 7, 100));
  const Judgement judgement = sharing.judge(102, 1, 50);
  ASSERT_EQ(judgement.separate.size(), 1U);
  EXPECT_TRUE(judgement.separate[0] == pair_of(1, 0));
  EXPECT_TRUE(sharing.are_separate(1, 0, 51));
}

TEST(Sharing, AWindowIsJudgedOnlyWhenItIsWellOver) {
  Sharing sharing;
  sharing.add(rank(0, 7, 100));
  sharing.add(rank(1, 7, 100));
  EXPECT_TRUE(sharing.judge(101, 1, 50).separate.empty());
  EXPECT_EQ(sharing.judge(102, 1, 51).separate.size(), 1U);
  EXPECT_TRUE(sharing.judge(103, 1, 52).separate.empty());
}

TEST(Sharing, ThePlacesOfDifferentWindowsAreNotCompared) {
  Sharing sharing;
  sharing.add(rank(0, 7, 100));
  sharing.add(rank(1, 7, 101));
  EXPECT_TRUE(sharing.judge(110, 1, 50).separate.empty());
}

TEST(Sharing, TwoLimitsProveTwoCounters) {
  Sharing sharing;
  sharing.add(rank(0, 1, 100, 40));
  sharing.add(rank(1, 2, 100, 10));
  EXPECT_EQ(sharing.judge(102, 1, 50).separate.size(), 1U);
}

TEST(Sharing, ALimitThatChangesInAWindowProvesNothing) {
  Sharing sharing;
  sharing.add(rank(0, 1, 100, 40));
  sharing.add(rank(0, 3, 100, 10));
  sharing.add(rank(1, 2, 100, 10));
  EXPECT_TRUE(sharing.judge(102, 1, 50).separate.empty());
}

TEST(Sharing, OneRouteAloneProvesNothing) {
  Sharing sharing;
  sharing.add(rank(0, 7, 100));
  sharing.add(rank(0, 7, 100));
  EXPECT_TRUE(sharing.judge(102, 1, 50).separate.empty());
}

TEST(Sharing, PlacesThatNeverMeetSpeakForOneCounter) {
  Sharing sharing;
  for (int64_t reset = 100; reset < 102; ++reset) {
    for (int64_t i = 1; i <= 3; ++i) {
      sharing.add(rank(0, 2 * i, reset));
      sharing.add(rank(1, 2 * i + 1, reset));
    }
  }
  EXPECT_TRUE(sharing.judge(102, 1, 50).together.empty());
  EXPECT_EQ(sharing.judge(103, 1, 51).together.size(), 1U);
}

TEST(Sharing, TooFewCallsSpeakForNothing) {
  Sharing sharing;
  for (int64_t reset = 100; reset < 110; ++reset) {
    sharing.add(rank(0, 1, reset));
    for (int64_t i = 2; i <= 9; ++i) sharing.add(rank(1, i, reset));
  }
  EXPECT_TRUE(sharing.judge(120, 1, 50).together.empty());
}

TEST(Sharing, AProofWipesEarlierEvidence) {
  Sharing sharing;
  for (int64_t i = 1; i <= 5; ++i) {
    sharing.add(rank(0, 2 * i, 100));
    sharing.add(rank(1, 2 * i + 1, 100));
  }
  sharing.add(rank(0, 4, 101));
  sharing.add(rank(1, 4, 101));
  for (int64_t i = 1; i <= 3; ++i) {
    sharing.add(rank(0, 2 * i, 102));
    sharing.add(rank(1, 2 * i + 1, 102));
  }
  EXPECT_TRUE(sharing.judge(110, 1, 50).together.empty());
}

TEST(Sharing, AProofLapsesAfterTenMinutes) {
  Sharing sharing;
  sharing.add(rank(0, 7, 100));
  sharing.add(rank(1, 7, 100));
  sharing.judge(102, 1, 50);
  EXPECT_TRUE(sharing.are_separate(0, 1, 50 + 599));
  EXPECT_FALSE(sharing.are_separate(0, 1, 50 + 601));
}

TEST(Sharing, WindowsOfDifferentLengthAreNotCompared) {
  Sharing sharing;
  Rank minute = rank(1, 7, 120);
  minute.window = 60;
  sharing.add(rank(0, 7, 120));
  sharing.add(minute);
  EXPECT_TRUE(sharing.judge(300, 60, 50).separate.empty());
}

TEST(Sharing, RoutesAreSpreadOverAsFewClassesAsProofsAllow) {
  Sharing sharing;
  for (const auto& pair : std::vector<std::pair<RouteId, RouteId>>{{0, 1}, {0, 2}, {1, 3}}) {
    sharing.add(rank(pair.first, 7, 100));
    sharing.add(rank(pair.second, 7, 100));
    sharing.judge(102, 1, 50);
  }
  EXPECT_EQ(spread({0, 1, 2, 3}, sharing, 51), (std::vector<size_t>{0, 1, 1, 0}));
}

}  // namespace
}  // namespace postern::limits
