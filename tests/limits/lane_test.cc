#include "limits/lane.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

namespace postern::limits {
namespace {

// Entries named by their id; the lane's nodes live here.
struct Fixture {
  Lane lane;
  std::deque<Lane::Node> nodes;

  Lane::Node& add(const std::string& caller, const std::string& client = "",
                  Place place = Place::kBack) {
    Lane::Node& node = nodes.emplace_back();
    node.entry.id = nodes.size();
    node.entry.caller = caller;
    node.entry.client = client;
    lane.add(node, place);
    return node;
  }
  // All entries in the order of their turns, as "1 3 2 ".
  std::string drain() {
    std::string order;
    while (Lane::Node* node = lane.next()) {
      order += std::to_string(node->entry.id) + " ";
      lane.pass_turn();
      lane.remove(*node);
    }
    return order;
  }
};

TEST(Lane, OneCallersEntriesGoInOrderOfArrival) {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.add("a");
  EXPECT_EQ(f.drain(), "1 2 3 4 ");
}

TEST(Lane, CallersTakeTurns) {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.add("greedy");
  f.add("light");
  f.add("other");
  EXPECT_EQ(f.drain(), "1 4 5 2 3 ");
}

TEST(Lane, ClientsDivideTheirCallersShare) {
  Fixture f;
  f.add("a", "x");
  f.add("a", "x");
  f.add("a", "y");
  f.add("b");
  f.add("b");
  f.add("b");
  EXPECT_EQ(f.drain(), "1 4 3 5 2 6 ");
}

TEST(Lane, AFrontEntryGoesBeforeItsClientsOthersOnly) {
  Fixture f;
  f.add("a");
  f.add("b");
  f.add("b", "", Place::kFront);
  EXPECT_EQ(f.drain(), "1 3 2 ");
}

TEST(Lane, WhoLeftAndComesAgainQueuesUpBehindTheOthers) {
  Fixture f;
  Lane::Node& first = f.add("a");
  f.add("b");
  f.lane.remove(first);
  f.add("a");
  EXPECT_EQ(f.drain(), "2 3 ");
}

TEST(Lane, AheadCountsTheTurnsOfOthers) {
  Fixture f;
  for (int i = 0; i < 100; ++i) f.add("greedy");
  f.add("light");
  EXPECT_EQ(f.lane.ahead_of("new", ""), 2U);
  EXPECT_EQ(f.lane.ahead_of("light", ""), 3U);
  EXPECT_EQ(f.lane.ahead_of("greedy", ""), 101U);
}

TEST(Lane, AheadOfANewClientIsItsCallersTurn) {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.add("a", "x");
  EXPECT_EQ(f.lane.ahead_of("a", "y"), 1U);
}

TEST(Lane, LongestIsTheNewestOfWhoHasMost) {
  Fixture f;
  f.add("a");
  f.add("b");
  f.add("b");
  EXPECT_EQ(f.lane.longest().first->entry.id, 3U);
  EXPECT_EQ(f.lane.longest().second, 2U);
}

TEST(Lane, VisitsEachClientsLastEntries) {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.add("a");
  f.add("b");
  std::string seen;
  f.lane.visit_last(10, [&](Lane::Node& node, size_t ahead) {
    seen += std::to_string(node.entry.id) + ":" + std::to_string(ahead) + " ";
    return node.entry.id == 3;
  });
  EXPECT_EQ(seen, "4:1 3:3 2:2 ");
}

TEST(Lane, TheForecastOfTurnsIsExactForCallersWithoutClients) {
  Fixture f;
  const std::string callers = "aaaaabbbcddddddd";
  for (const char caller : callers) f.add(std::string(1, caller));
  for (const std::string caller : {"a", "b", "c", "d", "e"}) {
    Fixture copy;
    for (const char c : callers) copy.add(std::string(1, c));
    const size_t ahead = copy.lane.ahead_of(caller, "");
    const uint64_t mine = copy.add(caller).entry.id;
    size_t position = 0;
    while (copy.lane.next()->entry.id != mine) {
      Lane::Node* node = copy.lane.next();
      copy.lane.pass_turn();
      copy.lane.remove(*node);
      ++position;
    }
    // Turns already begun are not looked at: at most one entry of each other caller is off.
    EXPECT_LE(position, ahead) << caller;
    EXPECT_GE(position + 4, ahead) << caller;
  }
}

}  // namespace
}  // namespace postern::limits
