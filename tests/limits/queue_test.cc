#include "limits/queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace postern::limits {
namespace {

struct Fixture {
  QueueTotals totals{1000, 1 << 20, 0, 0};
  Queue queue;
  uint64_t ids = 0;

  explicit Fixture(QueueBounds bounds = {800, 1 << 20}) : queue(bounds, totals) {}

  Entry entry(const std::string& caller, int urgency = 3, Seconds deadline = 100) {
    Entry entry;
    entry.id = ++ids;
    entry.caller = caller;
    entry.urgency = urgency;
    entry.deadline = deadline;
    entry.arrival = static_cast<Seconds>(ids);
    entry.bytes = 10;
    return entry;
  }
  Queue::Pushed push(const std::string& caller, int urgency = 3, Seconds deadline = 100) {
    return queue.push(entry(caller, urgency, deadline), Place::kBack);
  }
  std::vector<EntryId> drain() {
    std::vector<EntryId> order;
    while (const auto next = queue.take()) order.push_back(next->id);
    return order;
  }
};

using Order = std::vector<EntryId>;

TEST(Queue, UrgencyGoesFirst) {
  Fixture f;
  f.push("a", 7);
  f.push("a", 3);
  f.push("a", 0);
  f.push("b", 3);
  EXPECT_EQ(f.drain(), (Order{3, 2, 4, 1}));
}

TEST(Queue, OddUrgenciesAreBroughtIntoRange) {
  Fixture f;
  f.push("a", 99);
  f.push("a", -4);
  EXPECT_EQ(f.drain(), (Order{2, 1}));
  EXPECT_EQ(f.queue.ahead_of("a", "", 1000), 0U);
}

TEST(Queue, AVanishedEntryFreesItsPlaceAtOnce) {
  Fixture f({2, 1000});
  f.push("a");
  f.push("b");
  EXPECT_FALSE(f.push("c").accepted);
  EXPECT_TRUE(f.queue.erase(1).has_value());
  EXPECT_FALSE(f.queue.erase(1).has_value());
  EXPECT_TRUE(f.push("c").accepted);
  EXPECT_EQ(f.totals.entries, 2U);
  EXPECT_EQ(f.totals.bytes, 20U);
}

TEST(Queue, ExpiredEntriesLeaveEarliestFirst) {
  Fixture f;
  f.push("a", 3, 5);
  f.push("a", 3, 4);
  f.push("b", 3, 9);
  EXPECT_EQ(f.queue.earliest_deadline(), 4);
  EXPECT_EQ(f.queue.take_expired(6)->id, 2U);
  EXPECT_EQ(f.queue.take_expired(6)->id, 1U);
  EXPECT_FALSE(f.queue.take_expired(6).has_value());
  EXPECT_EQ(f.drain(), Order{3});
}

TEST(Queue, AnExpiredEntryCostsItsCallerNoTurn) {
  Fixture f;
  f.push("a", 3, 5);
  f.push("a", 3, 50);
  f.push("b", 3, 50);
  while (f.queue.take_expired(6)) {
  }
  EXPECT_EQ(f.drain(), (Order{2, 3}));
}

TEST(Queue, IsBoundedInEntriesOfABucketAndOfAll) {
  Fixture f({3, 1 << 20});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(f.push("a").accepted);
  EXPECT_FALSE(f.push("a").accepted);
  f.totals.max_entries = 4;
  Queue other({100, 1 << 20}, f.totals);
  EXPECT_TRUE(other.push(f.entry("a"), Place::kBack).accepted);
  EXPECT_FALSE(other.push(f.entry("a"), Place::kBack).accepted);
}

TEST(Queue, IsBoundedInBytes) {
  Fixture f({100, 25});
  EXPECT_TRUE(f.push("a").accepted);
  EXPECT_TRUE(f.push("b").accepted);
  EXPECT_FALSE(f.push("c").accepted);
  Entry huge = f.entry("c");
  huge.bytes = UINT64_MAX / 2;
  EXPECT_FALSE(f.queue.push(huge, Place::kBack).accepted);
}

TEST(Queue, AGreedyCallerMakesRoomForOthers) {
  Fixture f({10, 1 << 20});
  for (int i = 0; i < 10; ++i) f.push("greedy");
  const Queue::Pushed pushed = f.push("light");
  EXPECT_TRUE(pushed.accepted);
  EXPECT_EQ(pushed.displaced, EntryId{10});
  EXPECT_FALSE(f.push("greedy").accepted);
}

TEST(Queue, AGreedyClientMakesRoomForOthersOfItsCaller) {
  Fixture f({10, 1 << 20});
  const auto push = [&](const std::string& client) {
    Entry entry = f.entry("a");
    entry.client = client;
    return f.queue.push(entry, Place::kBack);
  };
  for (int i = 0; i < 9; ++i) push("greedy");
  push("light");
  EXPECT_EQ(push("light").displaced, EntryId{9});
  EXPECT_FALSE(push("greedy").accepted);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(push("light").accepted);
  EXPECT_FALSE(push("light").accepted) << "both hold five";
  EXPECT_TRUE(f.push("b").accepted) << "another caller still comes in";
}

TEST(Queue, AmongEqualsTheNewcomerIsRefused) {
  Fixture f({4, 1 << 20});
  for (const char* caller : {"a", "b", "c", "d"}) f.push(caller);
  EXPECT_FALSE(f.push("e").accepted);
  EXPECT_EQ(f.queue.size(), 4U);
}

TEST(Queue, TheLeastUrgentMakesRoomForTheMoreUrgent) {
  Fixture f({2, 1 << 20});
  f.push("a", 7);
  f.push("b", 3);
  EXPECT_EQ(f.push("b", 1).displaced, EntryId{1});
  EXPECT_FALSE(f.push("c", 7).accepted);
}

TEST(Queue, WhatComesBackIsAcceptedWhateverTheBounds) {
  Fixture f({1, 10});
  f.push("a");
  EXPECT_TRUE(f.queue.push(f.entry("a"), Place::kFront).accepted);
  EXPECT_EQ(f.drain(), (Order{2, 1}));
}

TEST(Queue, AheadCountsMoreUrgentLanes) {
  Fixture f;
  for (int i = 0; i < 5; ++i) f.push("a", 1);
  for (int i = 0; i < 5; ++i) f.push("b", 3);
  EXPECT_EQ(f.queue.ahead_of("c", "", 0), 0U);
  EXPECT_EQ(f.queue.ahead_of("c", "", 3), 6U);
  EXPECT_EQ(f.queue.ahead_of("c", "", 7), 10U);
}

TEST(Queue, PruneTakesTheHopelessFromTheEnd) {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.push("a");
  f.push("b");
  const auto pruned = f.queue.prune(100, [](const Entry&, size_t ahead) { return ahead >= 6; });
  ASSERT_EQ(pruned.size(), 5U);
  EXPECT_EQ(pruned.front().id, 10U);
  EXPECT_EQ(f.queue.size(), 6U);
}

TEST(Queue, PruneLooksAtABoundedNumber) {
  Fixture f;
  for (int i = 0; i < 500; ++i) f.push("caller" + std::to_string(i));
  int looked = 0;
  f.queue.prune(64, [&](const Entry&, size_t) {
    ++looked;
    return true;
  });
  EXPECT_EQ(looked, 64);
}

TEST(Queue, RoutesAreFoundByArrival) {
  Fixture f;
  for (int i = 0; i < 6; ++i) {
    Entry entry = f.entry("a");
    entry.route = i % 2 == 0 ? 1 : 2;
    f.queue.push(entry, Place::kBack);
  }
  EXPECT_EQ(f.queue.of_route(1), (Order{1, 3, 5}));
  EXPECT_EQ(f.queue.oldest_arrival(), 1);
}

TEST(Queue, GivesItsShareBackWhenItGoes) {
  Fixture f;
  {
    Queue other({10, 1000}, f.totals);
    other.push(f.entry("a"), Place::kBack);
    EXPECT_EQ(f.totals.entries, 1U);
  }
  EXPECT_EQ(f.totals.entries, 0U);
  EXPECT_EQ(f.totals.bytes, 0U);
}

// As long as each of them has something waiting, no caller is served twice more than another.
TEST(Queue, SharesDifferByNoMoreThanOneTurn) {
  Fixture f;
  constexpr int kCallers = 7;
  std::vector<int> served(kCallers, 0);
  std::map<EntryId, int> owner;
  const auto add = [&](int caller, int count) {
    for (int i = 0; i < count; ++i) {
      f.push("caller" + std::to_string(caller));
      owner[f.ids] = caller;
    }
  };
  for (int caller = 0; caller < kCallers; ++caller) add(caller, 1 + caller * caller);
  for (int turn = 0; turn < 2000; ++turn) {
    const int caller = owner.at(f.queue.take()->id);
    ++served[static_cast<size_t>(caller)];
    add(caller, 1);
    const auto range = std::minmax_element(served.begin(), served.end());
    ASSERT_LE(*range.second - *range.first, 1) << turn;
  }
}

// A hundred thousand entries: if an operation walked the queue, this would take 10^10 steps and
// run into the time limit of the whole program.
TEST(Queue, StaysCheapWithAHundredThousandEntries) {
  Fixture f({200000, 1 << 30});
  f.totals.max_entries = 200000;
  f.totals.max_bytes = 1 << 30;
  constexpr int kEntries = 100000;
  for (int i = 0; i < kEntries; ++i) {
    const std::string caller = "caller" + std::to_string(i % 5000);
    ASSERT_TRUE(f.push(caller, i % 8, 100 + i % 977).accepted);
    (void)f.queue.ahead_of(caller, "", i % 8);
  }
  for (EntryId id = 1; id <= kEntries / 2; ++id) ASSERT_TRUE(f.queue.erase(id).has_value());
  int expired = 0;
  while (f.queue.take_expired(500)) ++expired;
  EXPECT_GT(expired, 10000);
  EXPECT_EQ(f.drain().size(), static_cast<size_t>(kEntries / 2 - expired));
  EXPECT_EQ(f.totals.bytes, 0U);
}

}  // namespace
}  // namespace postern::limits
