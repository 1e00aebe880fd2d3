#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
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
  struct Asked {
    Seconds at = 0;
    int64_t reset = 0;  // of the window that it told of; 0: it knew none
  };

  Sentry sentry;
  std::map<std::string, ShareTable> tables;  // by bucket
  PartsTable parts;
  bool is_away = false;
  bool is_silent = false;
  int questions = 0;
  std::map<std::string, std::vector<Asked>> asked;  // by replica and bucket
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
      asked[ask->question.replica + ask->key.bucket].push_back({replica.now, ask->question.reset});
      if (is_silent) continue;
      if (is_away) {
        replica.governor.on_share_failure(ask->id, now);
        continue;
      }
      ShareAnswer answer = tables[ask->key.bucket].answer(ask->question);
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
  int served() const {
    int sum = 0;
    for (const Driver& replica : replicas) sum += replica.served;
    return sum;
  }
};

// For a second: then its windows are known.
void use_a_little(Fleet& fleet, Driver& replica) {
  for (int i = 0; i < 10; ++i) {
    replica.ask("anna");
    fleet.run(0.1);
  }
}

void keep_waiting(Driver& replica) {
  for (int i = 0; i < 5 && replica.governor.waiting() < 30; ++i) replica.ask("anna");
}

// What the fleet's answer takes is no wait for a limit.
TEST(GovernorShare, WhoDoesNotWaitIsServedFromAnUnusedLimit) {
  Fleet fleet;
  Driver& replica = fleet.add();
  use_a_little(fleet, replica);
  for (const Seconds idle : {3.0, 1.5, 2.7, 10.2, 60.0}) {
    fleet.run(idle);
    replica.ask("anna", 0);
  }
  fleet.run(1);
  EXPECT_TRUE(replica.refused.empty());
  EXPECT_EQ(replica.served, 15);
}

// Twice as many as were likely, of a budget that is hardly used.
TEST(GovernorShare, WhereMuchIsLeftMoreThanWasLikelyDoesNotWait) {
  Fleet fleet;
  Driver& replica = fleet.add();
  for (int i = 0; i < 100; ++i) {
    replica.ask("anna");
    fleet.run(0.1);
  }
  fleet.run(0.05);
  const int before = replica.served;
  for (int i = 0; i < 20; ++i) {
    replica.ask("anna");
    fleet.run(0.02);
  }
  fleet.run(0.2);
  EXPECT_GE(replica.served, before + 15);
}

TEST(GovernorShare, WhoDoesNotWaitIsServedThoughNobodyAnswers) {
  Fleet fleet;
  Driver& replica = fleet.add();
  use_a_little(fleet, replica);
  fleet.run(3);
  fleet.is_silent = true;
  replica.ask("anna", 0);
  fleet.run(1);
  EXPECT_TRUE(replica.refused.empty());
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

size_t most_questions(const Fleet& fleet) {
  size_t most = 0;
  for (const auto& [who, asked] : fleet.asked) most = std::max(most, asked.size());
  return most;
}

// Since the beginning, which was `span` ago, with windows of a second: none had two questions of
// one replica.
void expect_one_question_a_window(const Fleet& fleet, Seconds span) {
  EXPECT_LE(static_cast<Seconds>(most_questions(fleet)), span + 1);
  for (const auto& [who, asked] : fleet.asked) {
    std::set<int64_t> resets;
    Seconds unknown = -1e18;
    for (const Fleet::Asked& one : asked) {
      const bool is_known = one.reset != 0;
      EXPECT_TRUE(!is_known || resets.insert(one.reset).second) << who << " " << one.at;
      EXPECT_TRUE(is_known || one.at >= unknown + 1) << who << " " << one.at;
      if (!is_known) unknown = one.at;
    }
  }
}

TEST(GovernorShare, AWindowHasOneQuestionFromTheBeginning) {
  Fleet fleet;
  for (int i = 0; i < 20; ++i) fleet.add();
  fleet.run(8, keep_waiting);
  expect_one_question_a_window(fleet, 8);
  EXPECT_GE(fleet.served(), 6 * 40);
  EXPECT_EQ(fleet.rejected(), 0);
}

TEST(GovernorShare, AWindowHasOneQuestionWhileNobodyAnswersAndAfterALoss) {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.add();
  fleet.is_away = true;
  fleet.run(3, keep_waiting);
  fleet.is_away = false;
  fleet.run(3, keep_waiting);
  fleet.tables.clear();
  fleet.run(3, keep_waiting);
  expect_one_question_a_window(fleet, 9);
}

TEST(GovernorShare, AWindowHasOneQuestionWhenTheLimitChanges) {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.add();
  for (const int64_t limit : {40, 10, 60, 3}) {
    fleet.sentry.limit = limit;
    fleet.run(4, keep_waiting);
  }
  expect_one_question_a_window(fleet, 16);
}

TEST(GovernorShare, AWindowHasOneQuestionOfARequestNowAndThen) {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.add();
  int turn = 0;
  fleet.run(20, [&](Driver& replica) {
    if (++turn % 1000 < 4 || turn % 77 == 0) replica.ask("anna");
  });
  expect_one_question_a_window(fleet, 20);
}

TEST(GovernorShare, LongWindowsHaveAQuestionEachFiveSecondsAndShortOnesOneAgain) {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.add();
  fleet.run(4, keep_waiting);
  expect_one_question_a_window(fleet, 4);
  fleet.sentry.length = 20;
  fleet.run(40, keep_waiting);
  EXPECT_LE(most_questions(fleet), 4 + 40 + 1U);
  fleet.asked.clear();
  fleet.run(40, keep_waiting);
  EXPECT_LE(most_questions(fleet), 40 / 5 + 1U);
  fleet.sentry.length = 1;
  fleet.asked.clear();
  fleet.run(30, keep_waiting);
  EXPECT_LE(most_questions(fleet), 30 + 1U);
}

TEST(GovernorShare, EachBucketHasAQuestionOfItsOwnAndNoMore) {
  Fleet fleet;
  Sentry other;
  for (int i = 0; i < 4; ++i) {
    Driver& replica = fleet.add();
    replica.upstream = [&](uint64_t tag, Seconds at) {
      return (tag % 2 == 0 ? fleet.sentry : other).arrive(at);
    };
    replica.leave = [&](uint64_t tag, const Answer& answer) {
      (tag % 2 == 0 ? fleet.sentry : other).leave(answer);
    };
  }
  fleet.run(10, [](Driver& replica) {
    for (int i = 0; i < 6 && replica.governor.waiting() < 30; ++i) {
      Request one = request("anna", replica.now);
      one.route = replica.tags % 2 == 0 ? "/odd/" : "/even/";
      replica.ask(one);
    }
  });
  EXPECT_EQ(fleet.tables.size(), 2U);
  expect_one_question_a_window(fleet, 10);
}

}  // namespace
}  // namespace postern::limits::test
