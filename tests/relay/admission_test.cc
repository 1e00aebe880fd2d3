#include "relay/admission.h"

#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_timers.h"

namespace postern::relay {
namespace {

using namespace std::chrono_literals;
using Answer = Admission::Pass::Answer;

struct Program final : Admission::Holder {
  Program(Admission& admission, const Clock& clock)
      : time(clock), pass(std::make_unique<Admission::Pass>(&admission, *this)) {}

  Answer ask(Duration patience = 20s) {
    limits::Request request;
    request.user = request.caller = "somebody";
    request.host = "sentry.example";
    request.group = request.route = "GET";
    request.deadline = time.now() + patience;
    return pass->ask(request);
  }
  void on_admitted() override {
    ++admitted;
    if (then) then();
  }
  void on_refused(const limits::Refusal& why) override { refused = why; }
  void on_unsent() override { ++unsent; }

  const Clock& time;
  std::unique_ptr<Admission::Pass> pass;
  int admitted = 0;
  int unsent = 0;
  std::optional<limits::Refusal> refused;
  std::function<void()> then;
};

struct AdmissionTest : testing::Test {
  AdmissionTest() { options.max_in_flight = 1; }

  Program& program() {
    if (admission == nullptr) admission = std::make_unique<Admission>(options, clock, timers);
    return programs.emplace_back(*admission, clock);
  }
  // One that is under way, and others that wait for it.
  Program& sent_one() {
    Program& first = program();
    EXPECT_EQ(first.ask(), Answer::kGo);
    first.pass->on_sent(clock.now());
    return first;
  }
  void settle() { timers.advance(1us); }

  test::FakeClock clock;
  test::FakeTimers timers{clock};
  limits::Options options;
  std::unique_ptr<Admission> admission;
  std::list<Program> programs;  // their passes go before the admission
};

TEST_F(AdmissionTest, NewsComesFromTheTimerNeverFromInsideACall) {
  Program& first = sent_one();
  Program& second = program();
  EXPECT_EQ(second.ask(), Answer::kWait);
  std::optional<Duration> retry_after;
  EXPECT_FALSE(first.pass->on_answer(limits::Answer{}, retry_after));
  EXPECT_EQ(second.admitted, 0);
  settle();
  EXPECT_EQ(second.admitted, 1);
  EXPECT_TRUE(second.pass->is_admitted());
  EXPECT_FALSE(second.pass->waits());
}

TEST_F(AdmissionTest, EveryWayToEndACallLetsTheNextOneGo) {
  const std::function<void(Program&)> kEnds[] = {
      [](Program& p) { p.pass->on_failure(); },
      [](Program& p) { p.pass->give_back(); },
      [](Program& p) { p.pass->drop(); },
      [](Program& p) { p.pass.reset(); },
  };
  for (const auto& end : kEnds) {
    Program& first = sent_one();
    Program& second = program();
    ASSERT_EQ(second.ask(), Answer::kWait);
    end(first);
    settle();
    EXPECT_EQ(second.admitted, 1);
    second.pass->drop();
  }
}

TEST_F(AdmissionTest, ARefusalComesAtOnceOrWhenTheTimeIsOver) {
  sent_one();
  Program& hasty = program();
  EXPECT_EQ(hasty.ask(0s), Answer::kRefused);
  EXPECT_EQ(hasty.pass->refusal().reason, limits::Reason::kRateLimited);
  Program& patient = program();
  EXPECT_EQ(patient.ask(2s), Answer::kWait);
  timers.advance(1900ms);
  EXPECT_FALSE(patient.refused);
  timers.advance(200ms);
  ASSERT_TRUE(patient.refused);
  EXPECT_GE(patient.refused->retry_after, 1s);
  EXPECT_FALSE(patient.pass->waits());
}

TEST_F(AdmissionTest, APassThatHasGoneGetsNoNews) {
  Program& first = sent_one();
  Program& second = program();
  Program& third = program();
  EXPECT_EQ(second.ask(), Answer::kWait);
  EXPECT_EQ(third.ask(), Answer::kWait);
  first.pass->drop();
  second.pass.reset();
  settle();
  EXPECT_EQ(second.admitted, 0);
  EXPECT_EQ(third.admitted, 1);
}

TEST_F(AdmissionTest, AHolderMayTakeOthersWithIt) {
  Program& first = sent_one();
  Program& second = program();
  Program& third = program();
  Program& fourth = program();
  for (Program* one : {&second, &third, &fourth}) EXPECT_EQ(one->ask(), Answer::kWait);
  second.then = [&] {
    third.pass.reset();
    second.pass.reset();
  };
  first.pass->drop();
  settle();
  settle();
  EXPECT_EQ(third.admitted, 0);
  EXPECT_EQ(fourth.admitted, 1);
}

TEST_F(AdmissionTest, LeaveThatIsNotUsedIsNoticedInTheOrderItWasGiven) {
  options.max_in_flight = 10;
  Program& first = program();
  EXPECT_EQ(first.ask(), Answer::kGo);
  timers.advance(20ms);
  Program& second = program();
  Program& third = program();
  EXPECT_EQ(second.ask(), Answer::kGo);
  EXPECT_EQ(third.ask(), Answer::kGo);
  second.pass->on_sent(clock.now());
  timers.advance(31ms);
  EXPECT_EQ(first.unsent, 1);
  EXPECT_EQ(third.unsent, 0);
  timers.advance(20ms);
  EXPECT_EQ(second.unsent, 0);
  EXPECT_EQ(third.unsent, 1);
  timers.advance(1s);
  EXPECT_EQ(first.unsent, 1) << "said once";
}

TEST_F(AdmissionTest, WhoeverWantsNoWatchingIsNotWatched) {
  Program& first = program();
  first.pass->stop_watching();
  EXPECT_EQ(first.ask(), Answer::kGo);
  timers.advance(1s);
  EXPECT_EQ(first.unsent, 0);
}

// Where questions go in a test; answers are the test's.
struct FakeFleet final : limits::Fleet {
  void ask(const limits::ShareAsk& ask) override { questions.push_back(ask); }
  void ask(const limits::PartsAsk&) override {}
  std::vector<limits::ShareAsk> questions;
};

TEST_F(AdmissionTest, AFleetIsAskedFromTheTimerAndItsAnswerLetsGo) {
  FakeFleet fleet;
  admission = std::make_unique<Admission>(options, clock, timers);
  admission->share("replica-a", fleet);
  Program& first = program();
  EXPECT_EQ(first.ask(), Answer::kWait);
  EXPECT_TRUE(fleet.questions.empty());
  settle();
  ASSERT_EQ(fleet.questions.size(), 1U);
  EXPECT_EQ(fleet.questions[0].key.user, "somebody");
  EXPECT_EQ(fleet.questions[0].question.replica, "replica-a");
  limits::ShareAnswer answer;
  answer.unheard = 1;
  admission->on_share_answer(fleet.questions[0].id, answer);
  EXPECT_EQ(first.admitted, 0);
  settle();
  EXPECT_EQ(first.admitted, 1);
}

TEST_F(AdmissionTest, AFleetThatDoesNotAnswerHoldsNobodyUp) {
  FakeFleet fleet;
  admission = std::make_unique<Admission>(options, clock, timers);
  admission->share("replica-a", fleet);
  Program& first = program();
  EXPECT_EQ(first.ask(), Answer::kWait);
  settle();
  timers.advance(150ms);
  EXPECT_EQ(first.admitted, 1);
  ASSERT_EQ(fleet.questions.size(), 1U);
  admission->on_share_answer(fleet.questions[0].id, std::nullopt);
}

TEST_F(AdmissionTest, WithoutAGovernorAPassHoldsNothing) {
  struct Nobody final : Admission::Holder {
    void on_admitted() override {}
    void on_refused(const limits::Refusal&) override {}
    void on_unsent() override {}
  } nobody;
  Admission::Pass pass(nullptr, nobody);
  std::optional<Duration> retry_after;
  pass.on_sent(clock.now());
  pass.on_failure();
  EXPECT_FALSE(pass.on_answer(limits::Answer{}, retry_after));
  pass.drop();
  EXPECT_FALSE(pass.waits() || pass.is_admitted());
}

}  // namespace
}  // namespace postern::relay
