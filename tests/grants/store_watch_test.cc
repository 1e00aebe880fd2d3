#include "grants/store_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_background.h"
#include "support/fake_clock.h"
#include "support/fake_timers.h"
#include "support/memory_store.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;

class StoreWatchTest : public testing::Test {
 protected:
  std::string log() {
    logger_.flush();
    return log_;
  }
  void pass_a_period() {
    timers_.advance(10s);
    background_.run();
  }

  std::string log_;
  log::Logger logger_{{}, [this](std::string_view bytes) { log_ += bytes; }};
  postern::test::FakeClock clock_;
  postern::test::FakeTimers timers_{clock_};
  postern::test::FakeBackground background_;
  postern::test::MemoryStore store_;
  StoreWatch watch_{background_, timers_, clock_, store_, logger_};
};

TEST_F(StoreWatchTest, SaysNothingOfAGoodStore) {
  watch_.look_now();
  pass_a_period();
  EXPECT_EQ(watch_.fault(), "");
  EXPECT_EQ(log(), "");
}

TEST_F(StoreWatchTest, SeesAFaultWithinAPeriodAndItsEnd) {
  watch_.look_now();
  store_.save_fault = "disk full";
  pass_a_period();
  EXPECT_EQ(watch_.fault(), "disk full");
  EXPECT_NE(log().find("store_not_writable"), std::string::npos);
  store_.save_fault.clear();
  pass_a_period();
  EXPECT_EQ(watch_.fault(), "");
  EXPECT_NE(log().find("store_writable"), std::string::npos);
}

TEST_F(StoreWatchTest, AFaultThatLastsIsToldOnce) {
  store_.save_fault = "disk full";
  watch_.look_now();
  const std::string once = log();
  for (int i = 0; i < 5; ++i) pass_a_period();
  EXPECT_EQ(log(), once);
}

TEST_F(StoreWatchTest, LooksOnlyOnTheHelperThreadOnceTheLoopRuns) {
  watch_.look_now();
  store_.save_fault = "disk full";
  timers_.advance(10s);
  EXPECT_EQ(watch_.fault(), "") << "not before the helper has answered";
  timers_.advance(60s);
  EXPECT_TRUE(background_.run_one());
  EXPECT_TRUE(background_.idle()) << "one at a time";
}

}  // namespace
}  // namespace postern::grants
