#include "limits/learned_rate.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

// `rate` calls a second for `span` seconds, all served.
Seconds send(LearnedRate& learned, Seconds from, double rate, Seconds span) {
  for (Seconds now = from; now < from + span; now += 1 / rate) learned.sent(now);
  return from + span;
}

TEST(LearnedRate, HoldsNothingBackUntilRejected) {
  LearnedRate learned;
  send(learned, 0, 1000, 2);
  EXPECT_FALSE(learned.is_limiting());
  EXPECT_EQ(learned.next(2), 2);
}

TEST(LearnedRate, ARejectionGivesFourFifthsOfWhatWasSent) {
  LearnedRate learned;
  const Seconds now = send(learned, 0, 100, 2);
  learned.rejected(now);
  EXPECT_NEAR(learned.rate(), 80, 1);
  EXPECT_GT(learned.next(now), now);
}

TEST(LearnedRate, AfterAPauseTheMomentCounts) {
  LearnedRate learned;
  for (int i = 0; i < 50; ++i) learned.sent(100 + 0.01 * i);
  learned.rejected(100.5);
  EXPECT_NEAR(learned.rate(), 80, 5);
}

TEST(LearnedRate, OneLessonASecond) {
  LearnedRate learned;
  const Seconds now = send(learned, 0, 100, 2);
  learned.rejected(now);
  const double rate = learned.rate();
  learned.rejected(now + 0.5);
  EXPECT_EQ(learned.rate(), rate);
  learned.rejected(now + 1.5);
  EXPECT_LT(learned.rate(), rate);
}

TEST(LearnedRate, WhenMostAreRejectedTheShareServedIsTheMeasure) {
  LearnedRate learned;
  Seconds now = send(learned, 0, 100, 2);
  learned.rejected(now);
  now = send(learned, now, 80, 0.9);
  for (int i = 0; i < 40; ++i) learned.served(now);
  for (int i = 0; i < 40; ++i) learned.rejected(now);
  learned.rejected(now + 0.2);
  EXPECT_NEAR(learned.rate(), 40, 3);
}

TEST(LearnedRate, CallsGoAtThatRate) {
  LearnedRate learned;
  Seconds now = send(learned, 0, 100, 2);
  learned.rejected(now);
  const Seconds begin = now;
  for (int i = 0; i < 80; ++i) {
    now = learned.next(now);
    learned.sent(now);
  }
  EXPECT_NEAR(now - begin, 1, 0.05);
}

TEST(LearnedRate, ItRisesWhileServed) {
  LearnedRate learned;
  Seconds now = send(learned, 0, 100, 2);
  learned.rejected(now);
  const double rate = learned.rate();
  for (int i = 1; i <= 100; ++i) learned.served(now += 0.1);
  EXPECT_NEAR(learned.rate() / rate, 1.35, 0.05);
}

TEST(LearnedRate, AnIdleHourIsWorthASecond) {
  LearnedRate learned;
  const Seconds now = send(learned, 0, 100, 2);
  learned.rejected(now);
  const double rate = learned.rate();
  learned.served(now + 500);
  EXPECT_NEAR(learned.rate(), 1.03 * rate, 1e-6);
}

TEST(LearnedRate, TenCalmMinutesForgetIt) {
  LearnedRate learned;
  const Seconds now = send(learned, 0, 100, 2);
  learned.rejected(now);
  learned.served(now + 601);
  EXPECT_FALSE(learned.is_limiting());
}

TEST(LearnedRate, NeverStopsAltogether) {
  LearnedRate learned;
  for (int i = 0; i < 100; ++i) learned.rejected(2.0 * i);
  EXPECT_GT(learned.rate(), 0);
  EXPECT_LT(learned.next(200) - 200, 20);
}

}  // namespace
}  // namespace postern::limits
