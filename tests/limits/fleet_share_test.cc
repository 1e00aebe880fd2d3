#include "limits/fleet_share.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>

#include "limits/family.h"

namespace postern::limits {
namespace {

constexpr int64_t kAhead = 1'700'000'000;  // of the limiter's clock

// Windows of one second that end at whole seconds here too.
class FleetShareTest : public testing::Test {
 protected:
  FleetShareTest() {
    frame.totals = &totals;
    frame.next_id = &ids;
    frame.board = &board;
    family = std::make_unique<Family>(FamilyKey{}, host, frame);
  }

  FleetShare& share() { return *family->slots().front()->share; }
  static int64_t reset_at(Seconds now) { return kAhead + static_cast<int64_t>(now) + 1; }
  static ShareView view(Seconds now, int64_t waiting = 0, int64_t used = 0) {
    ShareView view;
    view.reset = reset_at(now);
    view.length = 1;
    view.ends = std::floor(now) + 1;
    view.budget = 40;
    view.waiting = waiting;
    view.used = used;
    return view;
  }
  static ShareView unknown(int64_t waiting) {
    ShareView view;
    view.waiting = waiting;
    return view;
  }
  static ShareAnswer answer(int64_t now, int64_t next, int64_t replicas = 4) {
    ShareAnswer answer;
    answer.now = now;
    answer.next = next;
    answer.replicas = replicas;
    return answer;
  }
  // The moment is for operators only.
  void on_answer(const ShareAnswer& answer, Seconds now = 10) { share().on_answer(answer, now); }
  // A request comes and is held up; the fleet is asked.
  std::optional<ShareQuestion> ask(const ShareView& view, Seconds now) {
    share().on_arrival(now);
    share().on_held_up(view.reset, now);
    return board.due(now) == nullptr ? std::nullopt : share().ask(view, now);
  }

  ShareBoard board{"replica-a"};
  Host host;
  QueueTotals totals;
  uint64_t ids = 0;
  Family::Frame frame;
  std::unique_ptr<Family> family;
};

TEST_F(FleetShareTest, NothingMayGoBeforeAnAnswer) {
  EXPECT_EQ(share().allotted(reset_at(10.2), 40, 10.2), 0);
}

TEST_F(FleetShareTest, WhoIsHeldUpAsksAtOnce) {
  const auto question = ask(view(10.2, 3), 10.2);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->replica, "replica-a");
  EXPECT_EQ(question->reset, reset_at(10.2));
  EXPECT_GE(question->wanted, 3);
  EXPECT_EQ(question->waiting, 3);
}

TEST_F(FleetShareTest, AnAnswerAllotsThePresentWindowAndTheNext) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  on_answer(answer(4, 10));
  EXPECT_EQ(share().allotted(reset_at(10.2), 40, 10.3), 4);
  EXPECT_EQ(share().allotted(reset_at(11.2), 40, 11.2), 10);
  EXPECT_EQ(share().allotted(reset_at(12.2), 40, 12.2), 0);
  EXPECT_EQ(share().replicas(), 4);
}

TEST_F(FleetShareTest, TellsOperatorsWhatTheLastAnswerSaid) {
  EXPECT_FALSE(share().status(10.2).age);
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  ShareAnswer told = answer(4, 10);
  told.taken = 38;
  told.past = {reset_at(8.2), 40, 1};
  on_answer(told, 10.25);
  const ShareStatus status = share().status(10.5);
  EXPECT_EQ(status.replicas, 4);
  EXPECT_FALSE(status.is_alone);
  EXPECT_NEAR(status.age.value(), 0.25, 1e-9);
  EXPECT_EQ(status.budget, 40);
  EXPECT_EQ(status.taken, 38);
  EXPECT_EQ(status.own, 4);
  EXPECT_EQ(status.spent.value().used, 40);
  EXPECT_FALSE(status.is_over);
  EXPECT_TRUE(share().status(11.1).is_over);
}

TEST_F(FleetShareTest, TellsOperatorsThatNobodyAnswers) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  share().on_failure(10.3);
  EXPECT_TRUE(share().status(10.3).is_alone);
  EXPECT_FALSE(share().status(10.3).taken);
}

TEST_F(FleetShareTest, OfWhatWaitsOnlyTheRestIsForTheNextWindow) {
  ASSERT_TRUE(ask(view(10.1, 30), 10.1));
  on_answer(answer(10, 10));
  const auto question = share().ask(view(11.8, 25, 6), 11.8);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->held, 10);
  EXPECT_EQ(question->waiting, 21);
}

TEST_F(FleetShareTest, AsksOncePerWindowShortlyBeforeItsEnd) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  on_answer(answer(4, 10));
  for (int window = 11; window < 20; ++window) {
    const Seconds due = *board.earliest();
    EXPECT_GE(due, window + 0.6);
    EXPECT_LE(due, window + 0.9);
    ASSERT_TRUE(share().ask(view(due, 30), due));
    on_answer(answer(10, 10));
  }
}

TEST_F(FleetShareTest, WhoHasNothingToDoAsksNothing) {
  ASSERT_TRUE(ask(view(10.2, 1), 10.2));
  on_answer(answer(1, 0));
  ASSERT_TRUE(board.earliest());
  EXPECT_FALSE(share().ask(view(*board.earliest(), 0, 1), *board.earliest()));
  EXPECT_FALSE(board.earliest());
}

TEST_F(FleetShareTest, AsksNoMoreThanOncePerWindowWhateverIsHeldUp) {
  int questions = 0;
  for (int step = 0; step < 2000; ++step) {
    const Seconds now = 10 + step * 0.01;
    if (!ask(view(now, 5), now)) continue;
    ++questions;
    on_answer(answer(0, 0));
  }
  EXPECT_LE(questions, 21);
  EXPECT_GE(questions, 18);
}

TEST_F(FleetShareTest, WhoAskedEarlyAsksNextAtTheEndOfTheNextWindow) {
  ASSERT_TRUE(ask(view(10.1, 30), 10.1));
  on_answer(answer(0, 10));
  EXPECT_FALSE(ask(view(10.9, 30), 10.9));
  EXPECT_FALSE(ask(view(11.1, 30, 10), 11.1));  // it has had a part of this one
  EXPECT_GE(*board.earliest(), 11.6);
  EXPECT_LE(*board.earliest(), 11.9);
}

TEST_F(FleetShareTest, WhoWasIdleDoesNotWaitForTheEndOfTheWindow) {
  ASSERT_TRUE(ask(view(10.1, 1), 10.1));
  on_answer(answer(1, 1));
  EXPECT_FALSE(share().ask(view(11.8, 0), 11.8));
  EXPECT_TRUE(ask(view(12.1, 1), 12.1));
}

TEST_F(FleetShareTest, AWindowThatIsFoundOutAboutAfterItsQuestionHasNoOther) {
  ASSERT_TRUE(ask(unknown(4), 10.2));
  ShareAnswer given;
  given.unheard = 2;
  on_answer(given);
  EXPECT_FALSE(ask(view(10.3, 4), 10.3));
  EXPECT_FALSE(ask(view(10.4, 4), 10.4));
  ASSERT_TRUE(board.earliest());
  EXPECT_NEAR(*board.earliest(), 11.2, 0.01);
  EXPECT_TRUE(share().ask(view(*board.earliest(), 4), *board.earliest()));
}

TEST_F(FleetShareTest, OfALongWindowEachFiveSecondsAreOne) {
  int questions = 0;
  for (int step = 0; step < 6000; ++step) {
    const Seconds now = 10 + step * 0.01;
    ShareView minute = view(now, 5);
    minute.length = 60;
    minute.ends = 70;
    minute.reset = kAhead + 70;
    if (!ask(minute, now)) continue;
    ++questions;
    on_answer(answer(0, 0));
  }
  EXPECT_EQ(questions, 12);
}

TEST_F(FleetShareTest, AQuestionThatCameLateInItsWindowKeepsTheNextAtADistance) {
  ASSERT_TRUE(ask(view(10.95, 30), 10.95));
  on_answer(answer(4, 10));
  EXPECT_FALSE(share().ask(view(11.7, 30), 11.7));
  EXPECT_NEAR(*board.earliest(), 11.85, 0.01);
}

TEST_F(FleetShareTest, WhatWillNotBeUsedIsGivenBackAndNoLongerUsed) {
  ASSERT_TRUE(ask(view(10.1, 10), 10.1));
  on_answer(answer(0, 10));
  share().on_arrival(11.2);
  const auto question = share().ask(view(11.9, 0, 2), 11.9);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->held, 10);
  EXPECT_EQ(question->wanted, 2);
  EXPECT_EQ(share().allotted(reset_at(11.9), 40, 11.9), 2);
}

TEST_F(FleetShareTest, WhatIsLikelyToComeIsToldInWholeCallsRightOnAverage) {
  int64_t expected = 0;
  for (int step = 0; step < 12'000; ++step) {  // three calls in two windows
    const Seconds now = 10.1 + step / 30.0;
    if (step % 20 == 0) share().on_arrival(now);
    if (board.due(now) == nullptr) continue;
    const auto question = share().ask(view(now), now);
    if (!question) continue;
    ShareAnswer all_taken = answer(0, 0);
    all_taken.taken = question->budget;
    on_answer(all_taken);
    if (now > 110) expected += question->expected;
  }
  EXPECT_NEAR(static_cast<double>(expected), 450, 45);  // 300 windows
}

TEST_F(FleetShareTest, OfWhatTheFleetLeavesHalfIsAskedForToo) {
  ASSERT_TRUE(ask(view(10.2, 2), 10.2));
  ShareAnswer some_left = answer(4, 10);
  some_left.replicas = 3;
  some_left.taken = 10;
  on_answer(some_left);
  share().on_arrival(11.2);
  const auto question = share().ask(view(11.9, 2), 11.9);
  ASSERT_TRUE(question);
  EXPECT_GE(question->expected, (question->budget - 10) / 6);
}

TEST_F(FleetShareTest, WithoutAnAnswerInTimeAnEqualPartMayGo) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  on_answer(answer(4, 10));
  ASSERT_TRUE(share().ask(view(11.8, 30), 11.8));
  EXPECT_EQ(share().allotted(reset_at(12.0), 40, 11.85), 0);
  ASSERT_TRUE(share().gives_up_at());
  const Seconds moment = *share().gives_up_at();
  EXPECT_EQ(share().allotted(reset_at(12.0), 40, 12.0), 10);
  EXPECT_GT(moment, 11.85);
  EXPECT_LE(moment, 12.0);
  EXPECT_TRUE(share().is_alone());
}

TEST_F(FleetShareTest, AnEqualPartIsForThoseWhoWereIdleToo) {
  board.set_listed(4);
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  share().on_answer(answer(40, 40, 1), 10.201);
  EXPECT_EQ(share().status(10.3).replicas, 1);
  ASSERT_TRUE(ask(view(11.8, 30), 11.8));
  share().on_failure(11.9);
  EXPECT_EQ(share().allotted(reset_at(13.0), 40, 13.0), 10);
  EXPECT_EQ(share().slots(8, 13.0), 2);
  EXPECT_EQ(share().unheard(13.0), 1);
  EXPECT_EQ(share().fair(40), 10);
  EXPECT_EQ(share().status(13.0).replicas, 4);
}

TEST_F(FleetShareTest, AnEqualPartIsForThoseWhoAreOnNoListToo) {
  board.set_listed(2);
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  share().on_answer(answer(10, 10, 4), 10.201);
  ASSERT_TRUE(ask(view(11.8, 30), 11.8));
  share().on_failure(11.9);
  EXPECT_EQ(share().allotted(reset_at(13.0), 40, 13.0), 10);
}

TEST_F(FleetShareTest, ALateAnswerEndsTheTimeAlone) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  EXPECT_EQ(share().allotted(reset_at(10.4), 40, 10.4), 40);  // knows of nobody else
  on_answer(answer(10, 7));
  EXPECT_FALSE(share().is_alone());
  EXPECT_EQ(share().allotted(reset_at(10.5), 40, 10.5), 10);
}

TEST_F(FleetShareTest, AFailureIsNotWaitedFor) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  on_answer(answer(0, 0, 5));
  ASSERT_TRUE(share().ask(view(11.8, 30), 11.8));
  share().on_failure(11.801);
  EXPECT_EQ(share().allotted(reset_at(12.2), 40, 12.2), 8);
  EXPECT_EQ(share().slots(25, 12.2), 5);
}

TEST_F(FleetShareTest, EqualPartsThatAreNoWholeCallsEvenOut) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  on_answer(answer(0, 0, 4));
  ASSERT_TRUE(ask(view(11.8, 30), 11.8));
  share().on_failure(11.9);
  double calls = 0;
  for (int window = 12; window < 20; ++window)
    calls += share().allotted(reset_at(window), 10, window);
  EXPECT_NEAR(calls, 20, 1);
}

TEST_F(FleetShareTest, ANewcomerIsToldHowManyCallsMayFindOut) {
  const auto question = ask(unknown(4), 10.2);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->reset, 0);
  EXPECT_EQ(question->waiting, 4);
  EXPECT_EQ(share().unheard(10.21), 0);
  ShareAnswer given;
  given.unheard = 2;
  on_answer(given);
  EXPECT_EQ(share().unheard(10.23), 2);
}

TEST_F(FleetShareTest, ANewcomerThatIsGivenNothingAsksAgainAfterASecond) {
  int questions = 0;
  for (int step = 0; step < 400; ++step) {
    const Seconds now = 10 + step * 0.01;
    if (!ask(unknown(4), now)) continue;
    ++questions;
    on_answer(ShareAnswer());
    EXPECT_EQ(board.earliest(), now + 1);
  }
  EXPECT_EQ(questions, 4);
}

TEST_F(FleetShareTest, ANewcomerWhomNobodyAnswersFindsOutByItself) {
  ASSERT_TRUE(ask(unknown(4), 10.2));
  EXPECT_EQ(share().unheard(10.4), 5);
}

TEST_F(FleetShareTest, ALyingRedisGivesNoMoreThanTheBudget) {
  ASSERT_TRUE(ask(unknown(4), 10.2));
  ShareAnswer lie = answer(1'000'000, 1'000'000, 1'000'000'000'000);
  lie.unheard = 1'000'000;
  lie.fair = 1e14;
  on_answer(lie);
  EXPECT_EQ(share().unheard(10.22), 5);
  EXPECT_EQ(share().replicas(), 10'000);
  ASSERT_TRUE(ask(view(11.2, 30), 11.2));
  on_answer(lie);
  EXPECT_EQ(share().allotted(reset_at(11.2), 40, 11.22), 40);
  EXPECT_EQ(share().allotted(reset_at(12.2), 40, 11.22), 40);
  EXPECT_EQ(share().fair(40), 40);
}

TEST_F(FleetShareTest, WhatWasUsedWhenTheBudgetShrankStaysAllotted) {
  ASSERT_TRUE(ask(view(10.2, 3, 50), 10.2));
  on_answer(answer(50, 10));
  EXPECT_EQ(share().allotted(reset_at(10.2), 40, 10.22), 50);
}

TEST_F(FleetShareTest, OneThatIsGoneHasLeftTheBoard) {
  ASSERT_TRUE(ask(view(10.2, 30), 10.2));
  const uint64_t id = board.open(share());
  ASSERT_TRUE(board.earliest());
  family.reset();
  EXPECT_FALSE(board.earliest());
  EXPECT_EQ(board.close(id), nullptr);
}

}  // namespace
}  // namespace postern::limits
