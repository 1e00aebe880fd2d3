#include "event/stall_meter.h"

#include <gtest/gtest.h>

namespace postern::event {
namespace {

using namespace std::chrono_literals;

class StallMeterTest : public testing::Test {
 protected:
  // Looks once a second, while the loop turns or not; true: it has told a stall.
  bool pass(int seconds, bool turning) {
    bool told = false;
    for (int i = 0; i < seconds; ++i) {
      now_ += 1s;
      if (turning) ++beats_;
      told = meter_.look(beats_, now_) || told;
    }
    return told;
  }

  StallMeter meter_{1s, 10s};
  uint64_t beats_ = 1;
  Duration now_ = 1000s;
};

TEST_F(StallMeterTest, ALoopThatTurnsHasNoStalls) {
  EXPECT_FALSE(pass(100, true));
  EXPECT_EQ(meter_.stalls().count, 0u);
  EXPECT_FALSE(meter_.stalls().last_seen);
}

TEST_F(StallMeterTest, AStallIsToldOnceWhileItLasts) {
  pass(5, true);
  EXPECT_FALSE(pass(10, false));
  EXPECT_TRUE(pass(1, false));
  EXPECT_FALSE(pass(20, false));
  EXPECT_EQ(meter_.stalls().count, 1u);
  EXPECT_EQ(meter_.stalls().last, 31s);
  EXPECT_EQ(meter_.stalls().last_seen, now_);
}

TEST_F(StallMeterTest, AStallStaysKnownWhenTheLoopTurnsAgain) {
  pass(5, true);
  pass(15, false);
  const Duration seen = now_;
  pass(30, true);
  EXPECT_EQ(meter_.stalls().last, 15s);
  EXPECT_EQ(meter_.stalls().last_seen, seen);
  pass(12, false);
  EXPECT_EQ(meter_.stalls().count, 2u);
  EXPECT_EQ(meter_.stalls().longest, 15s);
}

TEST_F(StallMeterTest, ShortOnesDoNotAddUp) {
  pass(5, true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(pass(9, false));
    pass(1, true);
  }
  EXPECT_EQ(meter_.stalls().count, 0u);
}

TEST_F(StallMeterTest, AProcessThatSleptAsAWholeHasNotStalled) {
  pass(5, true);
  now_ += 1h;
  EXPECT_FALSE(meter_.look(beats_, now_));
  EXPECT_FALSE(pass(30, true));
  EXPECT_EQ(meter_.stalls().count, 0u);
}

}  // namespace
}  // namespace postern::event
