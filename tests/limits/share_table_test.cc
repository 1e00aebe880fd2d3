#include "limits/share_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>

namespace postern::limits {
namespace {

constexpr int64_t kReset = 1'700'000'001;

// A question of a replica at the present window of one second, budget 40.
ShareQuestion ask(std::string replica, int64_t reset = kReset) {
  ShareQuestion question;
  question.replica = std::move(replica);
  question.reset = reset;
  question.length = 1;
  question.budget = 40;
  return question;
}

ShareQuestion with_waiting(ShareQuestion question, int64_t waiting) {
  question.waiting = waiting;
  return question;
}

ShareQuestion with_expected(ShareQuestion question, int64_t expected) {
  question.expected = expected;
  return question;
}

ShareQuestion wanting_now(ShareQuestion question, int64_t wanted) {
  question.wanted = wanted;
  return question;
}

ShareQuestion with_past(ShareQuestion question, int64_t used, int64_t max_rank) {
  question.past.reset = question.reset - 1;
  question.past.used = used;
  question.past.max_rank = max_rank;
  question.past.position = 0.5;
  return question;
}

TEST(ShareTable, WhoIsAloneGetsWhatWaits) {
  ShareTable table;
  const ShareAnswer answer = table.answer(with_waiting(ask("a"), 100));
  EXPECT_EQ(answer.next, 40);
  EXPECT_EQ(answer.replicas, 1);
  EXPECT_DOUBLE_EQ(answer.fair, 40);
}

TEST(ShareTable, TellsWhatAllHaveTakenOfTheWindow) {
  ShareTable table;
  EXPECT_EQ(table.answer(wanting_now(ask("a"), 7)).taken, 7);
  EXPECT_EQ(table.answer(wanting_now(ask("b"), 5)).taken, 12);
  ShareQuestion back = wanting_now(ask("a"), 4);
  back.used = 4;
  EXPECT_EQ(table.answer(back).taken, 9);
  EXPECT_EQ(table.answer(wanting_now(ask("c"), 100)).taken, 40);
  EXPECT_EQ(table.answer(ask("c", kReset + 1)).taken, 0);
  EXPECT_EQ(table.answer({}).taken, 0);
}

TEST(ShareTable, AllWhoWaitGetAlike) {
  ShareTable table;
  for (const char* name : {"a", "b", "c", "d"}) (void)table.answer(with_waiting(ask(name), 100));
  for (const char* name : {"a", "b", "c", "d"})
    EXPECT_EQ(table.answer(with_waiting(ask(name, kReset + 1), 100)).next, 10);
}

TEST(ShareTable, WhoAsksLateIsNotGivenWhatOthersHaveAlready) {
  ShareTable table;
  EXPECT_EQ(table.answer(with_waiting(ask("a"), 30)).next, 30);
  const ShareAnswer late = table.answer(with_waiting(ask("b"), 100));
  EXPECT_EQ(late.next, 10);
  EXPECT_DOUBLE_EQ(late.fair, 20);
}

TEST(ShareTable, ThoseWhoWaitComeBeforeThoseWhoMayCome) {
  ShareTable table;
  (void)table.answer(with_expected(ask("a"), 30));
  EXPECT_EQ(table.answer(with_waiting(ask("b", kReset + 1), 100)).next, 40);
}

TEST(ShareTable, WhatIsLeftIsSpreadByDemand) {
  ShareTable table;
  (void)table.answer(with_expected(ask("a"), 24));
  (void)table.answer(with_expected(ask("b"), 8));
  EXPECT_EQ(table.answer(with_expected(ask("a", kReset + 1), 24)).next, 30);
  EXPECT_EQ(table.answer(with_expected(ask("b", kReset + 1), 8)).next, 10);
}

TEST(ShareTable, WhoWasIdleGetsWhatIsLeftOfThePresentWindow) {
  ShareTable table;
  (void)table.answer(with_waiting(ask("a", kReset - 1), 37));
  EXPECT_EQ(table.answer(wanting_now(ask("b"), 1)).now, 1);
  EXPECT_EQ(table.answer(wanting_now(ask("c"), 5)).now, 2);
  EXPECT_EQ(table.answer(wanting_now(ask("d"), 1)).now, 0);
}

TEST(ShareTable, WhatIsGivenBackGoesToOthers) {
  ShareTable table;
  (void)table.answer(with_waiting(ask("a", kReset - 1), 40));
  ShareQuestion back = wanting_now(ask("a"), 25);
  back.held = 40;
  back.used = 25;
  EXPECT_EQ(table.answer(back).now, 25);
  EXPECT_EQ(table.answer(wanting_now(ask("b"), 100)).now, 15);
}

TEST(ShareTable, WhatIsUsedCannotBeGivenBack) {
  ShareTable table;
  ShareQuestion question = wanting_now(ask("a"), 3);
  question.held = question.used = 10;
  EXPECT_EQ(table.answer(question).now, 10);
  EXPECT_EQ(table.answer(wanting_now(ask("b"), 100)).now, 30);
}

TEST(ShareTable, AfterALossWhoAsksFirstTakesNoMoreThanItsPart) {
  ShareTable table;  // forgotten: it knew of four
  ShareQuestion question = wanting_now(with_waiting(ask("a"), 100), 100);
  question.replicas = 4;
  const ShareAnswer answer = table.answer(question);
  EXPECT_EQ(answer.now, 10);
  EXPECT_EQ(answer.next, 10);
  question.reset += 2;
  EXPECT_EQ(table.answer(question).next, 40);  // the others do not come back
}

TEST(ShareTable, WhoIsSilentForThreeWindowsIsGone) {
  ShareTable table;
  (void)table.answer(with_waiting(ask("dead"), 100));
  EXPECT_EQ(table.answer(with_waiting(ask("a"), 100)).next, 0);
  EXPECT_EQ(table.answer(with_waiting(ask("a", kReset + 1), 100)).next, 20);
  const ShareAnswer third = table.answer(with_waiting(ask("a", kReset + 2), 100));
  EXPECT_EQ(third.next, 40);  // its demand is old
  EXPECT_EQ(third.replicas, 2);
  EXPECT_EQ(table.answer(with_waiting(ask("a", kReset + 4), 100)).replicas, 1);
}

TEST(ShareTable, CountsOfAWindowAreToldWhenAllHaveHadTimeToTell) {
  ShareTable table;
  (void)table.answer(with_past(ask("a", kReset + 1), 10, 31));
  (void)table.answer(with_past(ask("b", kReset + 1), 12, 30));
  const ShareCount past = table.answer(ask("a", kReset + 2)).past;
  EXPECT_EQ(past.reset, kReset);
  EXPECT_EQ(past.used, 22);
  EXPECT_EQ(past.max_rank, 31);
  EXPECT_DOUBLE_EQ(past.position, 0.5);
}

TEST(ShareTable, WhoDoesNotTellIsTakenToHaveUsedWhatItHad) {
  ShareTable table;
  (void)table.answer(with_waiting(ask("dead", kReset - 1), 15));  // for kReset
  (void)table.answer(with_past(ask("a", kReset + 1), 10, 31));
  EXPECT_EQ(table.answer(ask("a", kReset + 2)).past.used, 25);
}

TEST(ShareTable, SlotsGoWithTheCallsAllotted) {
  ShareTable table;
  const auto slots_of = [&](const char* name, int64_t reset, int64_t waiting) {
    ShareQuestion question = with_waiting(ask(name, reset), waiting);
    question.slots = 25;
    return table.answer(question).slots;
  };
  EXPECT_EQ(slots_of("a", kReset, 100), 25);
  (void)slots_of("b", kReset, 8);
  (void)slots_of("a", kReset + 1, 100);
  (void)slots_of("b", kReset + 1, 8);
  EXPECT_NEAR(static_cast<double>(slots_of("a", kReset + 2, 100)), 20, 1);
  EXPECT_NEAR(static_cast<double>(slots_of("b", kReset + 2, 8)), 5, 1);
}

TEST(ShareTable, EachHasASlotToGetOnAndAllTogetherHaveNoMoreThanThereAre) {
  ShareTable table;
  int64_t all = 0;
  for (int64_t reset = kReset; reset < kReset + 3; ++reset) {
    all = 0;
    for (int i = 10; i < 30; ++i) {
      ShareQuestion question = with_waiting(ask("replica" + std::to_string(i), reset), 100);
      question.slots = 25;
      const int64_t slots = table.answer(question).slots;
      EXPECT_GE(slots, 1);
      all += slots;
    }
  }
  EXPECT_EQ(all, 25);
}

TEST(ShareTable, WhoIsSureTellsTheOthersHowLongWindowsAre) {
  ShareTable table;
  EXPECT_EQ(table.answer(ask("a")).length, 0);
  ShareQuestion sure = ask("b");
  sure.is_sure = true;
  (void)table.answer(sure);
  EXPECT_EQ(table.answer(ask("a")).length, 1);
  EXPECT_EQ(table.answer(ask("new", 0)).length, 1);
}

TEST(ShareTable, NewcomersFindOutWithFewCallsInAll) {
  ShareTable table;
  EXPECT_EQ(table.answer(with_waiting(ask("a", 0), 3)).unheard, 3);
  EXPECT_EQ(table.answer(with_waiting(ask("b", 0), 9)).unheard, 2);
  EXPECT_EQ(table.answer(with_waiting(ask("c", 0), 9)).unheard, 0);
  EXPECT_FALSE(table.has_window());
}

TEST(ShareTable, ANewcomerAmongThoseWhoKnowIsChargedToTheirWindow) {
  ShareTable table;
  (void)table.answer(wanting_now(with_waiting(ask("a"), 30), 30));
  EXPECT_EQ(table.answer(with_waiting(ask("new", 0), 9)).unheard, 1);
  EXPECT_EQ(table.answer(wanting_now(ask("b"), 100)).now, 9);
}

// Whatever they ask, and in whatever order.
TEST(ShareTable, NeverAllotsMoreThanTheBudgetOfAWindow) {
  std::mt19937_64 random(11);
  std::uniform_int_distribution<int64_t> any(0, 60);
  ShareTable table;
  for (int64_t reset = kReset; reset < kReset + 200; ++reset) {
    std::map<std::string, int64_t> next;
    for (int i = 0; i < 30; ++i) {
      ShareQuestion question = ask("replica" + std::to_string(any(random) % 9), reset);
      question.waiting = any(random);
      question.expected = any(random);
      question.wanted = any(random);
      next[question.replica] = table.answer(question).next;
    }
    int64_t sum = 0;
    for (const auto& entry : next) sum += entry.second;
    EXPECT_LE(sum, 40);
  }
}

}  // namespace
}  // namespace postern::limits
