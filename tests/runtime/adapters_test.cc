#include "runtime/adapters.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "event/bounded.h"

namespace postern::runtime {
namespace {

// Going through all that are under way for each one would take minutes.
TEST(LaneBackground, AnyNumberOfJobsMayBeUnderWay) {
  constexpr int kMany = 50'000;
  event::BoundedLoop bounded;
  LaneBackground background(bounded.loop);
  int told = 0;
  for (int i = 0; i < kMany; ++i) {
    background.post([] {},
                    [&] {
                      if (++told == kMany) bounded.stop();
                    });
  }
  bounded.run();
  EXPECT_EQ(told, kMany);
}

TEST(LaneBackground, AJobMayBePostedWhenAnotherIsDone) {
  event::BoundedLoop bounded;
  LaneBackground background(bounded.loop);
  int told = 0;
  std::function<void()> next = [&] {
    if (++told == 3) return bounded.stop();
    background.post([] {}, next);
  };
  background.post([] {}, next);
  bounded.run();
  EXPECT_EQ(told, 3);
}

TEST(LaneBackground, ItsEndDropsWhatNobodyWaitsForAnyMore) {
  event::BoundedLoop bounded;
  std::optional<LaneBackground> background(std::in_place, bounded.loop);
  int told = 0;
  for (int i = 0; i < 10; ++i) background->post([] {}, [&] { ++told; });
  background.reset();
  bounded.loop.settle();
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace postern::runtime
