#include "limits/circuit.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

struct Fixture {
  Circuit circuit;
  Jitter jitter{1};

  void call(CircuitResult result, Seconds now) {
    circuit.end(circuit.begin(), result, now, jitter);
  }
  void fail(int times, Seconds now) {
    for (int i = 0; i < times; ++i) call(CircuitResult::kFailed, now);
  }
};

TEST(Circuit, FourFailuresAreBadLuck) {
  Fixture f;
  f.fail(4, 10);
  f.call(CircuitResult::kServed, 10);
  f.fail(4, 10);
  EXPECT_EQ(f.circuit.gate(10), Circuit::Gate::kOpen);
  EXPECT_TRUE(f.circuit.is_closed());
}

TEST(Circuit, FiveInARowRestAboutASecond) {
  Fixture f;
  f.fail(5, 10);
  EXPECT_EQ(f.circuit.gate(10), Circuit::Gate::kRests);
  EXPECT_TRUE(f.circuit.refuses(10));
  EXPECT_GE(f.circuit.rests_until(), 10.75);
  EXPECT_LE(f.circuit.rests_until(), 11.25);
}

TEST(Circuit, ThenOneProbeAtATime) {
  Fixture f;
  f.fail(5, 10);
  EXPECT_EQ(f.circuit.gate(12), Circuit::Gate::kOpen);
  const uint32_t era = f.circuit.begin();
  EXPECT_EQ(f.circuit.gate(12), Circuit::Gate::kBusy);
  EXPECT_TRUE(f.circuit.refuses(12));
  f.circuit.end(era, CircuitResult::kUnknown, 12, f.jitter);
  EXPECT_EQ(f.circuit.gate(12), Circuit::Gate::kOpen);
}

TEST(Circuit, AFailedProbeDoublesTheRestUpToHalfAMinute) {
  Fixture f;
  f.fail(5, 0);
  Seconds now = 0;
  Seconds longest = 0;
  for (int i = 0; i < 10; ++i) {
    now = f.circuit.rests_until();
    f.call(CircuitResult::kFailed, now);
    longest = f.circuit.rests_until() - now;
  }
  EXPECT_GT(longest, 20);
  EXPECT_LE(longest, 37.5);
}

TEST(Circuit, ServedProbesOpenItStepByStep) {
  Fixture f;
  f.fail(5, 0);
  f.call(CircuitResult::kServed, 5);
  EXPECT_FALSE(f.circuit.is_closed());
  EXPECT_FALSE(f.circuit.refuses(5));
  (void)f.circuit.begin();
  (void)f.circuit.begin();
  EXPECT_EQ(f.circuit.gate(5), Circuit::Gate::kBusy);
  EXPECT_FALSE(f.circuit.refuses(5));
}

TEST(Circuit, TheRampEndsInTheClosedState) {
  Fixture f;
  f.fail(5, 0);
  for (int i = 0; i < 6; ++i) f.call(CircuitResult::kServed, 5);
  EXPECT_TRUE(f.circuit.is_closed());
}

TEST(Circuit, CallsBegunBeforeTheRestDoNotCount) {
  Fixture f;
  const uint32_t old = f.circuit.begin();
  f.fail(5, 0);
  const Seconds until = f.circuit.rests_until();
  f.circuit.end(old, CircuitResult::kFailed, 0.5, f.jitter);
  EXPECT_EQ(f.circuit.rests_until(), until);
  f.circuit.end(old, CircuitResult::kServed, 0.5, f.jitter);
  EXPECT_EQ(f.circuit.gate(0.5), Circuit::Gate::kRests);
}

}  // namespace
}  // namespace postern::limits
