#include "limits/forecast.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

// 40 a second, nothing used, the window just begun.
Outlook fresh() {
  Outlook outlook;
  outlook.has_window = true;
  outlook.budget = outlook.full_budget = 40;
  outlook.window = 1;
  return outlook;
}

TEST(Forecast, HalfGoesAtOnceTheRestPaced) {
  EXPECT_EQ(forecast(fresh(), 1), 0);
  EXPECT_EQ(forecast(fresh(), 20), 0);
  EXPECT_NEAR(forecast(fresh(), 40), 0.8, 1e-9);
}

TEST(Forecast, LaterOnesWaitForTheirWindow) {
  EXPECT_NEAR(forecast(fresh(), 41), 1, 1e-9);
  EXPECT_NEAR(forecast(fresh(), 500), 12, 0.01);
}

TEST(Forecast, CountsWhatIsUsedAndWhatHasGoneOfTheWindow) {
  Outlook outlook = fresh();
  outlook.used = 40;
  outlook.elapsed = 0.7;
  EXPECT_NEAR(forecast(outlook, 1), 0.3, 1e-9);
  EXPECT_NEAR(forecast(outlook, 41), 1.3, 1e-9);
}

TEST(Forecast, OthersLeaveLess) {
  Outlook outlook = fresh();
  outlook.budget = outlook.full_budget = 10;
  EXPECT_NEAR(forecast(outlook, 100), 9.8, 1e-9);
}

TEST(Forecast, SlotsBoundTheRate) {
  Outlook outlook = fresh();
  outlook.rate = 10;
  outlook.free = 5;
  EXPECT_NEAR(forecast(outlook, 105), 10, 1e-9);
}

TEST(Forecast, WithoutAWindowOnlyTheRateHolds) {
  Outlook outlook;
  EXPECT_EQ(forecast(outlook, 1000), 0);
  outlook.rate = 10;
  EXPECT_NEAR(forecast(outlook, 1000), 100, 1e-9);
}

TEST(Forecast, GrowsWithTheNumberAhead) {
  Outlook outlook = fresh();
  outlook.used = 13;
  outlook.elapsed = 0.2;
  Seconds before = 0;
  for (int calls = 1; calls < 300; ++calls) {
    const Seconds wait = forecast(outlook, calls);
    EXPECT_GE(wait, before - 1e-9) << calls;
    before = wait;
  }
}

TEST(Forecast, ABudgetBelowOneIsOne) {
  Outlook outlook = fresh();
  outlook.budget = outlook.full_budget = 0;
  EXPECT_NEAR(forecast(outlook, 5), 5, 0.01);
}

}  // namespace
}  // namespace postern::limits
