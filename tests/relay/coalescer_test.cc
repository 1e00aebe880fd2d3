// Who follows whom, and what becomes of those behind when the one in front ends.
#include "relay/coalescer.h"

#include <gtest/gtest.h>

#include <list>
#include <string>

#include "relay/builders.h"
#include "support/fake_timers.h"

namespace postern::relay {
namespace {

using namespace std::chrono_literals;

class CoalescerTest : public testing::Test {
 protected:
  struct Asker final : Coalescer::Holder {
    explicit Asker(Coalescer& coalescer) : seat(coalescer, *this) {}
    void on_shared(std::shared_ptr<const StoredAnswer> answer) override {
      told += "shared " + answer->body;
    }
    void on_alone() override { told += "alone"; }
    void on_lead() override { told += "lead"; }
    void on_leader_waits() override { told += "waits"; }

    std::string told;
    Coalescer::Seat seat;
  };

  Asker& ask(const std::string& caller = "a", int urgency = 3, WriteMarks::Mark mark = 0,
             std::optional<Duration> max_age = std::nullopt) {
    Asker& asker = askers_.emplace_back(coalescer_);
    asker.seat.join({"key", {caller, urgency}, mark, max_age, clock_.now()});
    return asker;
  }
  void tell() { timers_.advance(1us); }
  static std::shared_ptr<const StoredAnswer> answer() {
    auto made = std::make_shared<StoredAnswer>(response({}));
    made->body = "it";
    return made;
  }

  test::FakeClock clock_;
  test::FakeTimers timers_{clock_};
  Coalescer coalescer_{timers_};
  std::list<Asker> askers_;
};

TEST_F(CoalescerTest, TheFirstLeadsAndTheOthersShareItsAnswer) {
  Asker& first = ask();
  Asker& second = ask("b");
  Asker& third = ask("c", 0);
  EXPECT_TRUE(first.seat.leads());
  EXPECT_TRUE(second.seat.follows());
  first.seat.on_sent(clock_.now(), 0);
  first.seat.share(answer());
  EXPECT_EQ(second.told, "");  // never from inside
  tell();
  EXPECT_EQ(first.told, "");
  EXPECT_EQ(second.told, "shared it");
  EXPECT_EQ(third.told, "shared it");
  EXPECT_EQ(coalescer_.flights(), 0u);
}

TEST_F(CoalescerTest, WithNothingToShareEachGoesAlone) {
  Asker& first = ask();
  Asker& second = ask();
  first.seat.decline();
  tell();
  EXPECT_EQ(second.told, "alone");
  EXPECT_FALSE(second.seat.follows());
}

TEST_F(CoalescerTest, WhenTheLeaderLeavesTheNextLeadsTheRest) {
  Asker& first = ask();
  Asker& second = ask();
  Asker& third = ask();
  first.seat.on_sent(clock_.now(), 0);
  first.seat.leave();
  tell();
  EXPECT_EQ(second.told, "lead");
  EXPECT_TRUE(second.seat.leads());
  EXPECT_TRUE(ask().seat.follows());
  second.seat.share(answer());
  tell();
  EXPECT_EQ(third.told, "shared it");
}

TEST_F(CoalescerTest, WhoLeavesBeforeBeingToldPassesTheLeadOn) {
  Asker& first = ask();
  Asker& second = ask();
  Asker& third = ask();
  first.seat.leave();
  second.seat.leave();
  tell();
  EXPECT_EQ(second.told, "");
  EXPECT_EQ(third.told, "lead");
  third.seat.leave();
  EXPECT_EQ(coalescer_.flights(), 0u);
}

TEST_F(CoalescerTest, AFollowerThatLeavesIsToldNothing) {
  Asker& first = ask();
  Asker& second = ask();
  second.seat.leave();
  first.seat.share(answer());
  tell();
  EXPECT_EQ(second.told, "");
  askers_.clear();
}

TEST_F(CoalescerTest, ACallSentBeforeAWriteIsNotFollowedAfterIt) {
  Asker& first = ask("a", 3, 0);
  first.seat.on_sent(clock_.now(), 0);
  Asker& second = ask("a", 3, 1);
  EXPECT_TRUE(second.seat.leads());
  EXPECT_TRUE(ask("a", 3, 1).seat.follows());
  first.seat.share(answer());  // ends its own flight only
  EXPECT_EQ(coalescer_.flights(), 1u);
}

TEST_F(CoalescerTest, ACallNotSentYetIsFollowedAfterAWriteAndByThoseWhoWantAFreshAnswer) {
  ask("a", 3, 0);
  EXPECT_TRUE(ask("a", 3, 1).seat.follows());
  EXPECT_TRUE(ask("a", 3, 1, 0s).seat.follows());
}

TEST_F(CoalescerTest, ACallOlderThanTheCallerWantsIsNotFollowed) {
  ask().seat.on_sent(clock_.now(), 0);
  clock_.advance(2s);
  EXPECT_TRUE(ask("a", 3, 0, 3s).seat.follows());
  EXPECT_TRUE(ask("a", 3, 0, 2s).seat.leads());
}

TEST_F(CoalescerTest, AWaitingCallIsFollowedOnlyByWhoCouldNotOvertakeIt) {
  Asker& first = ask("a", 3);
  first.seat.on_waits();
  EXPECT_TRUE(ask("a", 3).seat.follows());
  EXPECT_TRUE(ask("a", 7).seat.follows());
  EXPECT_TRUE(ask("b", 3).seat.leads());  // might be served first, being another
}

TEST_F(CoalescerTest, WhoCouldOvertakeGoesAloneWhenTheLeaderHasToWait) {
  Asker& first = ask("a", 3);
  Asker& same = ask("a", 3);
  Asker& urgent = ask("a", 0);
  Asker& other = ask("b", 3);
  first.seat.on_waits();
  tell();
  EXPECT_EQ(same.told, "waits");
  EXPECT_EQ(urgent.told, "alone");
  EXPECT_EQ(other.told, "alone");
}

TEST_F(CoalescerTest, WhatALimitHasTurnedAwayKeepsItsFollowers) {
  Asker& first = ask("a", 3);
  Asker& other = ask("b", 0);
  first.seat.on_sent(clock_.now(), 0);
  first.seat.on_waits();
  tell();
  EXPECT_EQ(other.told, "waits");
  EXPECT_TRUE(other.seat.leader_waits());
  first.seat.on_sent(clock_.now(), 0);
  EXPECT_FALSE(other.seat.leader_waits());
}

TEST_F(CoalescerTest, TheLastWordCounts) {
  Asker& first = ask();
  Asker& second = ask();
  first.seat.on_waits();
  first.seat.on_sent(clock_.now(), 0);
  first.seat.share(answer());
  tell();
  EXPECT_EQ(second.told, "shared it");
}

}  // namespace
}  // namespace postern::relay
