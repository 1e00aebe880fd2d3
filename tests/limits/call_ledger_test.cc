// Windows of one second; the limiter's clock is the boot clock plus 0.02 to 0.06 seconds.
#include "limits/call_ledger.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

constexpr ClockBounds kClock{0.02, 0.06};

OpenCall call(CallId id, Seconds reserved, std::optional<Seconds> sent = {}, RouteId route = 0) {
  OpenCall call;
  call.id = id;
  call.route = route;
  call.reserved = reserved;
  call.sent = sent;
  return call;
}

TEST(CallLedger, AnOpenCallIsChargedWhereItMayHaveLanded) {
  CallLedger ledger;
  ledger.open(call(1, 10.5, 10.5));
  EXPECT_EQ(ledger.charged(11, 1, kClock, 10.6), 1);
  EXPECT_EQ(ledger.charged(12, 1, kClock, 10.6), 0);
  ledger.open(call(2, 10.95, 10.95));
  EXPECT_EQ(ledger.charged(11, 1, kClock, 10.96), 2);
  EXPECT_EQ(ledger.charged(12, 1, kClock, 10.96), 1);
}

TEST(CallLedger, AnUnsentCallMayLandUntilNow) {
  CallLedger ledger;
  ledger.open(call(1, 10.5));
  EXPECT_EQ(ledger.charged(12, 1, kClock, 10.9), 0);
  EXPECT_EQ(ledger.charged(12, 1, kClock, 11.3), 1);
  EXPECT_EQ(ledger.charged(11, 1, kClock, 11.3), 1);
}

TEST(CallLedger, AnswersAreChargedToTheirWindowOnly) {
  CallLedger ledger;
  ledger.open(call(1, 10.95, 10.95));
  EXPECT_TRUE(ledger.close(1).has_value());
  EXPECT_FALSE(ledger.close(1).has_value());
  ledger.make_window(12)->of(0).answered = 1;
  EXPECT_EQ(ledger.charged(11, 1, kClock, 11.1), 0);
  EXPECT_EQ(ledger.charged(12, 1, kClock, 11.1), 1);
}

TEST(CallLedger, SentryFreesASlotAfterHalfAMinute) {
  CallLedger ledger;
  ledger.open(call(1, 10, 10));
  EXPECT_EQ(ledger.in_flight(39), 1);
  EXPECT_EQ(ledger.in_flight(41), 0);
  ledger.open(call(2, 10));  // not even sent: its slot is still to be taken
  EXPECT_EQ(ledger.in_flight(41), 1);
}

TEST(CallLedger, ALostCallHoldsNoSlotButStaysChargedWhileItsWindowLasts) {
  CallLedger ledger;
  OpenCall lost = call(1, 10.5, 10.5);
  lost.lost = true;
  ledger.open(lost);
  EXPECT_EQ(ledger.in_flight(10.6), 0);
  EXPECT_EQ(ledger.charged(11, 1, kClock, 10.6), 1);
  ledger.drop_lost(1, kClock, 10.9);
  EXPECT_EQ(ledger.open_calls().size(), 1U);
  ledger.drop_lost(1, kClock, 12);
  EXPECT_TRUE(ledger.open_calls().empty());
}

TEST(CallLedger, AWindowClosesWhenItIsOverAndAnswered) {
  CallLedger ledger;
  ledger.make_window(11)->of(0).answered = 3;
  ledger.open(call(1, 10.9, 10.9));
  EXPECT_FALSE(ledger.close_window(1, kClock, 11.5).has_value());
  EXPECT_FALSE(ledger.close_window(1, kClock, 12.0).has_value());
  ledger.close(1);
  const auto closed = ledger.close_window(1, kClock, 12.0);
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->sum().answered, 3);
  EXPECT_FALSE(ledger.close_window(1, kClock, 12.0).has_value());
}

TEST(CallLedger, ACallWithoutAnAnswerDoesNotKeepAWindowOpenForLong) {
  CallLedger ledger;
  ledger.make_window(11)->of(0).answered = 3;
  ledger.open(call(1, 10.9, 10.9));
  EXPECT_TRUE(ledger.close_window(1, kClock, 14.1).has_value());
}

TEST(CallLedger, AnAnswerForAClosedWindowIsTooLate) {
  CallLedger ledger;
  ledger.make_window(11)->of(0).answered = 1;
  ASSERT_TRUE(ledger.close_window(1, kClock, 13).has_value());
  EXPECT_EQ(ledger.make_window(11), nullptr);
  EXPECT_NE(ledger.make_window(12), nullptr);
}

TEST(CallLedger, RemembersAHandfulOfWindows) {
  CallLedger ledger;
  for (int64_t reset = 11; reset < 100; ++reset) ledger.make_window(reset);
  EXPECT_EQ(ledger.window(90), nullptr);
  EXPECT_NE(ledger.window(99), nullptr);
  EXPECT_EQ(ledger.make_window(50), nullptr);
}

TEST(CallLedger, TheHighestRankKeepsItsPlaceInTheWindow) {
  WindowTally tally;
  tally.of(0).max_rank = 5;
  tally.of(0).position = 0.2;
  tally.of(1).max_rank = 9;
  tally.of(1).position = 0.7;
  EXPECT_EQ(tally.sum().max_rank, 9);
  EXPECT_EQ(tally.sum().position, 0.7);
}

TEST(CallLedger, ARouteTakesItsCallsAndTalliesAlong) {
  CallLedger from;
  CallLedger to;
  from.open(call(1, 10.5, 10.5, 0));
  from.open(call(2, 10.5, 10.5, 1));
  from.make_window(11)->of(0).answered = 3;
  from.make_window(11)->of(1).answered = 4;
  from.move_route(1, to);
  EXPECT_EQ(from.charged(11, 1, kClock, 10.6), 4);
  EXPECT_EQ(to.charged(11, 1, kClock, 10.6), 5);
}

}  // namespace
}  // namespace postern::limits
