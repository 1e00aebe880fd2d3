#include "limits/overtaking.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

TEST(Overtaking, NobodyPassesWhereEachGoesInTurn) {
  Overtaking overtaking;
  for (size_t i = 0; i < 100; ++i) overtaking.on_join(i, i, 1000 + 0.01 * static_cast<double>(i));
  EXPECT_DOUBLE_EQ(overtaking.before(100, 100, 40, 1001), 100);
}

// Ten a second go to the front, of forty that go: the rest has thirty.
TEST(Overtaking, WhoPassesLengthensTheWaitOfTheLast) {
  Overtaking overtaking;
  for (int i = 0; i < 200; ++i) overtaking.on_join(0, 300, 1000 + 0.1 * i);
  EXPECT_NEAR(overtaking.before(300, 300, 40, 1020), 400, 5);
  EXPECT_NEAR(overtaking.before(3, 300, 40, 1020), 3, 0.1) << "nobody passes those in front";
}

TEST(Overtaking, AFewSecondsAreEnoughToKnow) {
  Overtaking overtaking;
  for (int i = 0; i < 60; ++i) overtaking.on_join(0, 300, 1000 + 0.1 * i);
  EXPECT_NEAR(overtaking.before(300, 300, 40, 1006), 400, 25);
}

TEST(Overtaking, ABurstIsNotTakenForAStream) {
  Overtaking overtaking;
  for (int i = 0; i < 10; ++i) overtaking.on_join(0, 40, 1000);
  EXPECT_LT(overtaking.before(40, 40, 10, 1000), 60);
}

TEST(Overtaking, IsForgottenAfterAWhile) {
  Overtaking overtaking;
  for (int i = 0; i < 200; ++i) overtaking.on_join(0, 300, 1000 + 0.1 * i);
  EXPECT_NEAR(overtaking.before(300, 300, 40, 1100), 300, 1);
}

TEST(Overtaking, ManyWhoPassStillLeaveATurn) {
  Overtaking overtaking;
  for (int i = 0; i < 20000; ++i) overtaking.on_join(0, 300, 1000 + 0.001 * i);
  EXPECT_NEAR(overtaking.before(300, 300, 40, 1020), 3000, 1);
}

TEST(Overtaking, NeedsARateAndNoHistory) {
  Overtaking overtaking;
  EXPECT_DOUBLE_EQ(overtaking.before(7, 7, 40, 1000), 7);
  overtaking.on_join(0, 0, 1000);
  EXPECT_DOUBLE_EQ(overtaking.before(7, 7, 0, 1000), 7);
  EXPECT_DOUBLE_EQ(overtaking.before(7, 0, 40, 1000), 7);
}

}  // namespace
}  // namespace postern::limits
