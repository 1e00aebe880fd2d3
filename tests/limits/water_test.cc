#include "limits/water.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace postern::limits {
namespace {

using Calls = std::vector<int64_t>;

int64_t sum(const Calls& calls) {
  return std::accumulate(calls.begin(), calls.end(), int64_t{0});
}

TEST(Water, WhoWantsLittleGetsItAllAndTheRestIsSharedAlike) {
  EXPECT_EQ(fill(40, {3, 100, 100, 0}, 0), (Calls{3, 19, 18, 0}));
}

TEST(Water, NobodyGetsMoreThanItWants) {
  EXPECT_EQ(fill(40, {3, 5, 7}, 9), (Calls{3, 5, 7}));
}

TEST(Water, NothingIsDividedAmongNobody) {
  EXPECT_EQ(fill(40, {}, 1), Calls{});
  EXPECT_EQ(fill(0, {4, 4}, 1), (Calls{0, 0}));
  EXPECT_EQ(fill(-3, {4}, 1), Calls{0});
}

TEST(Water, WhatDoesNotDivideEvenlyGoesRound) {
  Calls total(20, 0);
  for (int64_t turn = 0; turn < 20; ++turn) {
    const Calls given = fill(7, Calls(20, 5), turn);
    EXPECT_EQ(sum(given), 7);
    for (size_t i = 0; i < total.size(); ++i) total[i] += given[i];
  }
  EXPECT_EQ(total, Calls(20, 7));
}

TEST(Water, NobodyIsBelowAnotherThatHasMoreWithoutHavingAllItWants) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<int64_t> want(0, 60);
  for (int round = 0; round < 300; ++round) {
    Calls wants(1 + static_cast<size_t>(round) % 23);
    for (int64_t& one : wants) one = want(random);
    const int64_t amount = want(random) * 4;
    const Calls given = fill(amount, wants, round);
    EXPECT_EQ(sum(given), std::min(amount, sum(wants)));
    const int64_t most = *std::max_element(given.begin(), given.end());
    for (size_t i = 0; i < wants.size(); ++i) {
      EXPECT_LE(given[i], wants[i]);
      if (given[i] < wants[i]) {
        EXPECT_GE(given[i] + 1, most);
      }
    }
  }
}

TEST(Water, WhoWantsWithoutEndHasWhatOthersLeaveAndAtLeastItsPart) {
  EXPECT_DOUBLE_EQ(fair_beside(40, {}), 40);
  EXPECT_DOUBLE_EQ(fair_beside(40, {2, 3}), 35);
  EXPECT_DOUBLE_EQ(fair_beside(40, {100, 4, 100}), 12);
  EXPECT_DOUBLE_EQ(fair_beside(10, Calls(19, 50)), 0.5);
  EXPECT_DOUBLE_EQ(fair_beside(-1, {1}), 0);
}

}  // namespace
}  // namespace postern::limits
