#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "builders.h"
#include "driver.h"
#include "limits/parts.h"
#include "limits/share_table.h"
#include "sentry.h"

namespace postern::limits::test {
namespace {

// Posterns before one limiter, and the table between them.
struct Fleet {
  Sentry sentry;
  ShareTable table;
  PartsTable parts;
  bool is_away = false;
  int questions = 0;
  std::deque<Driver> replicas;

  Driver& add() {
    replicas.emplace_back(sentry);
    Driver& replica = replicas.back();
    replica.governor.share("replica-" + std::to_string(replicas.size()));
    replica.talk = [this, &replica] { talk(replica); };
    return replica;
  }
  void talk(Driver& replica) {
    const Instant now = instant(replica.now);
    while (const auto ask = replica.governor.next_question(now)) {
      ++questions;
      if (is_away) {
        replica.governor.on_share_failure(ask->id, now);
        continue;
      }
      ShareAnswer answer = table.answer(ask->question);
      answer.parts = parts.version();
      replica.governor.on_share_answer(ask->id, answer, now);
    }
    while (const auto ask = replica.governor.next_parts_question(now))
      replica.governor.on_parts_answer(ask->id, parts.answer(ask->question), now);
  }
  // All of them, `before` each five milliseconds.
  void run(
      Seconds span, const std::function<void(Driver&)>& before = [](Driver&) {}) {
    const Seconds end = replicas.front().now + span;
    while (replicas.front().now < end) {
      const Seconds next = replicas.front().now + 0.005;
      for (Driver& replica : replicas) {
        before(replica);
        replica.run(next);
      }
    }
  }
  int rejected() const { return sentry.rejected; }
};

void keep_waiting(Driver& replica) {
  for (int i = 0; i < 5 && replica.governor.waiting() < 30; ++i) replica.ask("anna");
}

TEST(GovernorShare, AskingNobodyIsTheDefault) {
  Sentry sentry;
  Driver driver(sentry);
  driver.ask("anna");
  EXPECT_FALSE(driver.governor.next_question(instant(driver.now)));
  EXPECT_FALSE(driver.governor.next_parts_question(instant(driver.now)));
}

TEST(GovernorShare, TheFirstRequestWaitsForAnAnswerOnce) {
  Fleet fleet;
  Driver& replica = fleet.add();
  replica.talk = [] {};
  const uint64_t tag = replica.ask("anna");
  EXPECT_TRUE(replica.is_waiting(tag));
  fleet.talk(replica);
  replica.run(replica.now + 0.001);
  EXPECT_FALSE(replica.is_waiting(tag));
  replica.run(replica.now + 0.05);
  EXPECT_EQ(replica.served, 1);
  EXPECT_EQ(fleet.questions, 1);
}

TEST(GovernorShare, AllWhoWaitGetAlikeAndTheLimitIsUsed) {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.add();
  fleet.run(2, keep_waiting);
  for (Driver& replica : fleet.replicas) replica.served = 0;
  fleet.questions = 0;
  fleet.run(10, keep_waiting);
  for (const Driver& replica : fleet.replicas) EXPECT_NEAR(replica.served, 100, 8);
  EXPECT_EQ(fleet.rejected(), 0);
  EXPECT_LE(fleet.questions, 4 * 11);
}

TEST(GovernorShare, WhoIsAloneWithItsDemandGetsItAll) {
  Fleet fleet;
  fleet.add();
  fleet.add();
  const auto first_only = [&](Driver& replica) {
    if (&replica == &fleet.replicas.front()) keep_waiting(replica);
  };
  fleet.run(2, keep_waiting);
  fleet.run(10, first_only);
  fleet.replicas.front().served = 0;
  fleet.run(5, first_only);
  EXPECT_NEAR(fleet.replicas.front().served, 200, 6);
}

TEST(GovernorShare, WithoutAnswersEachTakesAnEqualPartAndComesBack) {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.add();
  fleet.run(3, keep_waiting);
  fleet.is_away = true;
  fleet.run(2, keep_waiting);
  for (Driver& replica : fleet.replicas) replica.served = 0;
  fleet.run(5, keep_waiting);
  for (const Driver& replica : fleet.replicas) EXPECT_NEAR(replica.served, 50, 3);
  fleet.is_away = false;
  fleet.run(5, keep_waiting);
  for (const Driver& replica : fleet.replicas) EXPECT_NEAR(replica.served, 100, 6);
  EXPECT_EQ(fleet.rejected(), 0);
}

// Every second connection breaks when its call has been counted.
void break_connections(Driver& replica) {
  std::vector<uint64_t> broken;
  for (const auto& [tag, call] : replica.calls)
    if (call.answered && tag % 2 == 0) broken.push_back(tag);
  for (const uint64_t tag : broken) {
    replica.leave(tag, replica.calls[tag].answer);
    replica.vanish(tag);
  }
}

TEST(GovernorShare, CallsWhoseAnswersWereLostAreNotTakenForOthers) {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.add();
  fleet.run(3, keep_waiting);
  fleet.run(15, [](Driver& replica) {
    keep_waiting(replica);
    break_connections(replica);
  });
  for (const Driver& replica : fleet.replicas) {
    const auto reports = replica.governor.report(instant(replica.now), 1);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_LT(reports[0].bucket.foreign, 1);
  }
}

TEST(GovernorShare, OneThatDiesLeavesItsPartToTheOthers) {
  Fleet fleet;
  fleet.add();
  fleet.add();
  fleet.run(3, keep_waiting);
  fleet.replicas.back().calls.clear();  // its requests go with it
  fleet.replicas.pop_back();
  fleet.run(2, keep_waiting);
  fleet.replicas.front().served = 0;
  fleet.run(5, keep_waiting);
  EXPECT_NEAR(fleet.replicas.front().served, 200, 6);
}

TEST(GovernorShare, OneThatJoinsTakesItsPart) {
  Fleet fleet;
  fleet.add();
  fleet.run(3, keep_waiting);
  Driver& newcomer = fleet.add();
  newcomer.now = fleet.replicas.front().now;
  fleet.run(2, keep_waiting);
  newcomer.served = 0;
  fleet.run(5, keep_waiting);
  EXPECT_NEAR(newcomer.served, 100, 6);
  EXPECT_LE(fleet.rejected(), 2);
}

}  // namespace
}  // namespace postern::limits::test
