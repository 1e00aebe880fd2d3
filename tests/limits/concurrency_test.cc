#include "limits/concurrency.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

TEST(Concurrency, WithoutALimitTheOwnBoundHolds) {
  EXPECT_EQ(Concurrency(256).allowed(), 256);
}

TEST(Concurrency, ALimitThatIsToldHolds) {
  Concurrency concurrency(256);
  concurrency.told(25);
  EXPECT_EQ(concurrency.allowed(), 25);
  concurrency.told(300);
  EXPECT_EQ(concurrency.allowed(), 256);
}

TEST(Concurrency, ALimitOfZeroStillLetsOneGo) {
  Concurrency concurrency(256);
  concurrency.told(0);
  EXPECT_EQ(concurrency.allowed(), 1);
}

TEST(Concurrency, ARejectionLowersItOncePerHalfSecond) {
  Concurrency concurrency(256);
  concurrency.told(25);
  concurrency.rejected(25, 1.0);
  EXPECT_EQ(concurrency.allowed(), 22);
  concurrency.rejected(25, 1.1);
  EXPECT_EQ(concurrency.allowed(), 22);
  concurrency.rejected(22, 1.6);
  EXPECT_EQ(concurrency.allowed(), 19);
}

TEST(Concurrency, InAFleetARejectionTakesATenthOfAllSlotsWhateverOthersHold) {
  Concurrency concurrency(256);
  concurrency.told(25);
  for (int i = 0; i < 100; ++i) concurrency.served(0, 5, 0.5);
  EXPECT_LT(concurrency.allowed(), 10);
  concurrency.rejected_in_fleet(1.0);
  EXPECT_EQ(concurrency.of_all(), 22);
}

TEST(Concurrency, ItIsProbedUpAgainASecondLater) {
  Concurrency concurrency(256);
  concurrency.told(25);
  concurrency.rejected(25, 1.0);
  concurrency.served(3, 22, 1.5);
  EXPECT_EQ(concurrency.allowed(), 22);
  for (int i = 0; i < 100; ++i) concurrency.served(3, 22, 3.0);
  EXPECT_EQ(concurrency.allowed(), 25);
}

TEST(Concurrency, RejectionsTeachALimitThatNobodyTells) {
  Concurrency concurrency(256);
  concurrency.rejected(20, 1.0);
  EXPECT_EQ(concurrency.allowed(), 18);
}

TEST(Concurrency, RepeatedRejectionsLeaveOneSlot) {
  Concurrency concurrency(256);
  for (int i = 0; i < 100; ++i) concurrency.rejected(concurrency.allowed(), i);
  EXPECT_EQ(concurrency.allowed(), 1);
}

TEST(Concurrency, SlotsThatOthersHoldAreLeftToThem) {
  Concurrency concurrency(256);
  concurrency.told(25);
  for (int i = 0; i < 200; ++i) concurrency.served(10, 10, i);
  EXPECT_EQ(concurrency.allowed(), 20);
  for (int i = 0; i < 200; ++i) concurrency.served(15, 10, 200 + i);
  EXPECT_EQ(concurrency.allowed(), 25);
}

}  // namespace
}  // namespace postern::limits
