#include "base/clock.h"

#include <gtest/gtest.h>
#include <time.h>

#include "support/fake_clock.h"

namespace postern {
namespace {

using namespace std::chrono_literals;

Duration boot_time() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

TEST(BootClock, IsTheTimeSinceBoot) {
  const Duration before = boot_time();
  const Instant now = BootClock::now();
  const Duration after = boot_time();
  EXPECT_LE(before, now.time_since_epoch());
  EXPECT_LE(now.time_since_epoch(), after);
}

TEST(BootClock, NeverGoesBack) {
  Instant last = BootClock::now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = BootClock::now();
    ASSERT_LE(last, now);
    last = now;
  }
}

TEST(SystemClock, ReadsTheMachinesClocks) {
  const SystemClock clock;
  const Instant before = BootClock::now();
  const Instant now = clock.now();
  const Instant after = BootClock::now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
  const WallTime wall = clock.wall();
  EXPECT_LT(wall - std::chrono::system_clock::now(), 1h);
  EXPECT_GT(wall - std::chrono::system_clock::now(), -1h);
}

TEST(FakeClock, StandsStillUntilItIsTold) {
  test::FakeClock clock;
  const Instant now = clock.now();
  const WallTime wall = clock.wall();
  EXPECT_EQ(clock.now(), now);
  clock.advance(1500ms);
  EXPECT_EQ(clock.now() - now, 1500ms);
  EXPECT_EQ(clock.wall() - wall, 1500ms);
}

}  // namespace
}  // namespace postern
