#include "limits/fullness.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

TEST(Fullness, AMomentIsNoNewsALongWaitIs) {
  Fullness fullness;
  EXPECT_FALSE(fullness.on_wait(0.9, 100));
  EXPECT_FALSE(fullness.is_full());
  EXPECT_TRUE(fullness.on_wait(1, 101));
  EXPECT_TRUE(fullness.is_full());
}

TEST(Fullness, ItIsSaidOnceUntilThereIsRoom) {
  Fullness fullness;
  EXPECT_TRUE(fullness.on_wait(5, 100));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(fullness.on_wait(5, 100 + i));
  EXPECT_FALSE(fullness.on_look(true, 300));
  EXPECT_TRUE(fullness.on_look(false, 300));
  EXPECT_FALSE(fullness.is_full());
  EXPECT_FALSE(fullness.on_look(false, 400));
}

TEST(Fullness, ThereIsRoomAfterAMinuteAndAQuietWhile) {
  Fullness fullness;
  (void)fullness.on_wait(5, 100);
  EXPECT_FALSE(fullness.on_look(false, 159));
  EXPECT_DOUBLE_EQ(fullness.look_at(), 160);
  (void)fullness.on_wait(5, 158);
  EXPECT_FALSE(fullness.on_look(false, 160));
  EXPECT_DOUBLE_EQ(fullness.look_at(), 168);
  EXPECT_TRUE(fullness.on_look(false, 168));
}

// However often it changes.
TEST(Fullness, ThereIsNoMoreThanOneLineAMinute) {
  Fullness fullness;
  int lines = 0;
  for (Seconds now = 0; now < 3600; now += 0.5) {
    const bool busy = static_cast<int>(now) % 20 < 5;
    if (busy && fullness.on_wait(3, now)) ++lines;
    if (!busy && fullness.on_look(false, now)) ++lines;
  }
  EXPECT_LE(lines, 60);
  EXPECT_GE(lines, 40);
}

}  // namespace
}  // namespace postern::limits
