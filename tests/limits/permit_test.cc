#include "limits/permit.h"

#include <gtest/gtest.h>

#include <utility>

#include "driver.h"

namespace postern::limits {
namespace {

using test::request;

struct Fixture {
  Governor governor{Options{}};

  Permit go(Seconds now) {
    auto admission = governor.admit(request("a", now), instant(now));
    auto* permit = std::get_if<Permit>(&admission);
    return permit != nullptr ? std::move(*permit) : Permit();
  }
  Ticket wait(Seconds now, uint64_t tag) {
    Request waiting = request("a", now);
    waiting.tag = tag;
    auto admission = governor.admit(waiting, instant(now));
    auto* ticket = std::get_if<Ticket>(&admission);
    return ticket != nullptr ? std::move(*ticket) : Ticket();
  }
};

TEST(Permit, DestroyedUnsentItMakesRoom) {
  Fixture f;
  std::vector<Permit> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(f.go(10));
  EXPECT_FALSE(f.go(10));
  permits.pop_back();
  EXPECT_TRUE(f.go(10));
}

TEST(Permit, DestroyedAfterSendingItWakesWhoWaits) {
  Fixture f;
  std::vector<Permit> permits;
  for (int i = 0; i < 5; ++i) {
    permits.push_back(f.go(10));
    permits.back().on_sent(instant(10));
  }
  const Ticket ticket = f.wait(10, 9);
  EXPECT_FALSE(f.governor.poll(instant(10.1)).has_value());
  permits.pop_back();
  const auto ready = f.governor.poll(instant(10.1));
  ASSERT_TRUE(ready.has_value());
  EXPECT_EQ(ready->tag, 9U);
}

TEST(Permit, IsSpentByItsAnswer) {
  Fixture f;
  Permit permit = f.go(10);
  permit.on_answer(Answer{}, instant(10.1));
  EXPECT_FALSE(permit);
  permit.on_sent(instant(10.2));
  permit.on_failure(instant(10.2));
  EXPECT_FALSE(permit.on_answer(Answer{}, instant(10.2)).again.has_value());
}

TEST(Permit, ACallThatHasOutgrownItsCopyIsNotMadeAgain) {
  Fixture f;
  Permit permit = f.go(10);
  permit.on_sent(instant(10));
  permit.on_outgrown();
  const Verdict verdict = permit.on_answer(test::window_429(40, 1'700'000'011), instant(10.2));
  EXPECT_FALSE(verdict.again.has_value());
  EXPECT_TRUE(verdict.retry_after.has_value());
  permit.on_outgrown();  // spent: nothing happens
}

TEST(Permit, NothingIsLeftOfARequestInTheMemoryOfTheNext) {
  Fixture f;
  for (int round = 0; round < 3; ++round) {
    Permit permit = f.go(10);
    ASSERT_TRUE(permit);
    permit.on_sent(instant(10));
    const Verdict verdict = permit.on_answer(Answer{}, instant(10.1));
    EXPECT_EQ(verdict.calls, 1);
  }
}

TEST(Permit, MovesAndLeavesNothingBehind) {
  Fixture f;
  Permit a = f.go(10);
  Permit b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_TRUE(b);
  b = Permit();
  std::vector<Permit> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(f.go(10));
  EXPECT_TRUE(permits.back());
}

TEST(Ticket, DestroyedItLeavesTheQueue) {
  Fixture f;
  std::vector<Permit> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(f.go(10));
  Ticket ticket = f.wait(10, 1);
  EXPECT_EQ(f.governor.waiting(), 1U);
  ticket = Ticket();
  EXPECT_EQ(f.governor.waiting(), 0U);
  EXPECT_FALSE(f.governor.next_wakeup().has_value());
}

TEST(Ticket, AnOldOneDoesNotCancelALaterPlace) {
  Fixture f;
  std::vector<Permit> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(f.go(10));
  Ticket old = f.wait(10, 1);
  permits.pop_back();
  auto ready = f.governor.poll(instant(10.1));
  Permit permit = std::move(std::get<Permit>(ready->outcome));
  permit.on_sent(instant(10.1));
  const Verdict verdict = permit.on_answer(test::window_429(40, 1'700'000'011), instant(10.2));
  ASSERT_TRUE(verdict.again.has_value());
  old = Ticket();
  EXPECT_EQ(f.governor.waiting(), 1U);
}

TEST(Ticket, DestroyedBetweenItsRefusalAndTheNewsNothingIsReported) {
  Fixture f;
  std::vector<Permit> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(f.go(10));
  Ticket one = f.wait(10, 1);
  Ticket two = f.wait(10, 2);
  const auto first = f.governor.poll(instant(31));
  ASSERT_TRUE(first.has_value());
  (first->tag == 1 ? two : one) = Ticket();
  EXPECT_FALSE(f.governor.poll(instant(31)).has_value());
}

}  // namespace
}  // namespace postern::limits
