// The limiter's clock is the boot clock plus kOffset here; a call takes `way` to arrive there.
#include "limits/phase.h"

#include <gtest/gtest.h>

#include <cmath>

namespace postern::limits {
namespace {

constexpr Seconds kOffset = 1'700'000'000.0;

Landing landing(Seconds sent, Seconds way = 0.03, Seconds offset = kOffset) {
  Landing landing;
  landing.sent = sent;
  landing.received = sent + 2 * way;
  landing.reset = static_cast<int64_t>(std::floor(sent + way + offset)) + 1;
  landing.window_is_sure = true;
  return landing;
}

// Calls every 0.1 s from `from` to `to`.
void learn(Phase& phase, Seconds from, Seconds to, Seconds offset = kOffset) {
  for (Seconds now = from; now < to; now += 0.1037) phase.observe(landing(now, 0.03, offset));
}

bool knows(const Phase& phase, Seconds x) {
  return phase.lo() <= x && x <= phase.hi();
}

TEST(Phase, OneAnswerBoundsTheClockToAWindow) {
  Phase phase;
  EXPECT_FALSE(phase.is_known());
  phase.observe(landing(100.4));
  EXPECT_TRUE(phase.is_known());
  EXPECT_TRUE(knows(phase, kOffset + 0.03));
  EXPECT_LE(phase.hi() - phase.lo(), 1.0 + 1e-6);
}

TEST(Phase, DateNarrowsTheFirstGuess) {
  Landing first = landing(100.4);
  first.window = 60;
  first.reset = 1'700'000'160;
  Phase without;
  without.observe(first);
  EXPECT_GT(without.hi() - without.lo(), 59);
  first.date = static_cast<int64_t>(kOffset + 100.4);
  Phase with;
  with.observe(first);
  EXPECT_LT(with.hi() - with.lo(), 1.1);
  EXPECT_TRUE(knows(with, kOffset + 0.03));
}

TEST(Phase, ADateThatContradictsTheResetIsIgnored) {
  Landing first = landing(100.4);
  first.date = first.reset + 100;
  Phase phase;
  phase.observe(first);
  EXPECT_TRUE(knows(phase, kOffset + 0.03));
}

TEST(Phase, AnswersOnBothSidesOfABoundaryNarrowIt) {
  Phase phase;
  learn(phase, 100, 105);
  EXPECT_TRUE(knows(phase, kOffset + 0.03));
  EXPECT_LT(phase.hi() - phase.lo(), 0.25);
}

TEST(Phase, TheOffsetOfTheClocksDoesNotMatter) {
  Phase one;
  Phase other;
  learn(one, 100, 110);
  learn(other, 100, 110, kOffset + 3);
  EXPECT_NEAR(one.hi() - one.lo(), other.hi() - other.lo(), 1e-5);
  EXPECT_TRUE(knows(other, kOffset + 3.03));
}

TEST(Phase, IdleTimeWidensItForDrift) {
  Phase phase;
  learn(phase, 100, 105);
  const Seconds width = phase.hi() - phase.lo();
  phase.age(205);
  EXPECT_NEAR(phase.hi() - phase.lo(), width + 2 * 0.0002 * 99, 0.002);
  phase.age(1e6);
  EXPECT_LE(phase.hi() - phase.lo(), 1.0 + 1e-6);
}

TEST(Phase, EarlyLandingsMoveItDownInGrowingSteps) {
  Phase phase;
  learn(phase, 100, 105);
  const Seconds lo = phase.lo();
  // The limiter's clock is set back by 0.3 s.
  learn(phase, 105, 112, kOffset - 0.3);
  EXPECT_LT(phase.lo(), lo - 0.2);
  EXPECT_NEAR(phase.lo(), kOffset - 0.27, 0.06);
}

TEST(Phase, RejectedEarlyThreeTimesMeansLost) {
  Phase phase;
  learn(phase, 100, 105);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(phase.is_lost());
    Landing early = landing(106 + i + 0.001, 0.03, kOffset - 0.9);
    early.rejected = true;
    early.reset = static_cast<int64_t>(std::floor(early.sent + phase.lo()));
    phase.observe(early);
  }
  EXPECT_TRUE(phase.is_lost());
  EXPECT_EQ(phase.confidence(), 0);
}

TEST(Phase, OneStalledCallTeachesNothing) {
  Phase phase;
  learn(phase, 100, 105);
  const Seconds hi = phase.hi();
  phase.observe(landing(105.5, 1.2));
  EXPECT_LE(phase.hi(), hi + 0.002);
}

TEST(Phase, LateLandingsInThreeWindowsMoveItUp) {
  Phase phase;
  learn(phase, 100, 105);
  learn(phase, 105, 112, kOffset + 0.7);
  EXPECT_TRUE(knows(phase, kOffset + 0.73)) << phase.lo() - kOffset << " " << phase.hi() - kOffset;
}

TEST(Phase, AResetFarAwayIsNotBelievedUntilItIsRepeated) {
  Phase phase;
  learn(phase, 100, 105);
  const Seconds lo = phase.lo();
  EXPECT_FALSE(phase.observe(landing(105.5, 0.03, kOffset + 86400)));
  EXPECT_EQ(phase.lo(), lo);
  EXPECT_FALSE(phase.observe(landing(105.6, 0.03, kOffset + 86400)));
  EXPECT_TRUE(phase.observe(landing(105.7, 0.03, kOffset + 86400)));
  EXPECT_TRUE(knows(phase, kOffset + 86400.03));
}

TEST(Phase, BoundariesCrossedAsPlannedGiveConfidence) {
  Phase phase;
  learn(phase, 100, 101);
  EXPECT_LT(phase.confidence(), 2);
  learn(phase, 101, 110);
  EXPECT_GE(phase.confidence(), 2);
}

TEST(Phase, CallTimesAreMeasured) {
  Phase phase;
  learn(phase, 100, 110);
  EXPECT_NEAR(phase.mean_call_time(), 0.06, 0.001);
  EXPECT_NEAR(phase.least_call_time(), 0.06, 0.002);
}

}  // namespace
}  // namespace postern::limits
