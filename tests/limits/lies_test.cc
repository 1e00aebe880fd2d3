// Limiter fields that lie: none of them may stop a bucket for longer than max_wait, or flood
// Sentry.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "driver.h"

namespace postern::limits {
namespace {

using test::Driver;
using test::Sentry;

struct Lie {
  std::string name;
  std::function<Answer(Seconds now, uint64_t tag)> tell;
};

Answer fields(int64_t limit, int64_t remaining, int64_t reset) {
  Answer answer;
  answer.headers.limit = limit;
  answer.headers.remaining = remaining;
  answer.headers.reset = reset;
  return answer;
}

int64_t second(Seconds now) {
  return static_cast<int64_t>(now) + Sentry::kAhead;
}

std::vector<Lie> lies() {
  constexpr int64_t kYear = 365 * 86400;
  return {
      {"Remaining above Limit",
       [](Seconds now, uint64_t) { return fields(40, 4000, second(now) + 1); }},
      {"Reset stands still", [](Seconds, uint64_t) { return fields(40, 39, Sentry::kAhead); }},
      {"Reset a year ahead and still",
       [=](Seconds, uint64_t) { return fields(40, 0, Sentry::kAhead + kYear); }},
      {"Reset a year ahead, moving",
       [=](Seconds now, uint64_t) { return fields(40, 39, second(now) + kYear); }},
      {"Reset in the past", [](Seconds, uint64_t) { return fields(40, 39, 12); }},
      {"Reset at random",
       [](Seconds, uint64_t tag) {
         return fields(40, 39, static_cast<int64_t>(tag * 7919 % 1000003) + 1);
       }},
      {"a limit of 0", [](Seconds now, uint64_t) { return fields(0, 0, second(now) + 1); }},
      {"a limit of 0 and a 429",
       [](Seconds now, uint64_t) { return test::window_429(0, second(now) + 1); }},
      {"huge", [](Seconds now, uint64_t) { return fields(1'000'000'000, 0, second(now) + 1); }},
      {"no slots",
       [](Seconds now, uint64_t) {
         return test::with_slots(fields(40, 39, second(now) + 1), 0, -7);
       }},
      {"limits that flap",
       [](Seconds now, uint64_t tag) {
         return fields(tag % 2 == 0 ? 1 : 1000, 0, second(now) + 1);
       }},
  };
}

TEST(Lies, NoneStopsABucketForLongerThanMaxWait) {
  for (const Lie& lie : lies()) {
    Driver driver;
    driver.upstream = [&](uint64_t tag, Seconds now) { return lie.tell(now, tag); };
    Seconds last = driver.now;
    Seconds longest = 0;
    int sent = 0;
    for (int step = 0; step < 600; ++step) {
      driver.ask("caller" + std::to_string(step % 3));
      driver.run(driver.now + 0.2);
      if (driver.sent > sent) last = driver.now;
      sent = driver.sent;
      longest = std::max(longest, driver.now - last);
    }
    EXPECT_LE(longest, 20) << lie.name;
    EXPECT_GT(driver.sent, 8) << lie.name;
  }
}

TEST(Lies, OneAmongTruthsIsForgottenSoon) {
  for (const Lie& lie : lies()) {
    Sentry sentry;
    Driver driver(sentry);
    driver.ask("a");
    driver.run(1004.5);
    bool lied = false;
    driver.upstream = [&](uint64_t tag, Seconds now) {
      const Answer truth = sentry.arrive(now);
      if (lied) return truth;
      lied = true;
      sentry.leave(truth);
      return lie.tell(now, tag);
    };
    driver.ask("a");
    for (int i = 0; i < 200; ++i) driver.ask("a");
    driver.run(1014.5);
    // Once more, when the lie has had its effect.
    const int before = driver.served;
    for (int i = 0; i < 200; ++i) driver.ask("a");
    driver.run(1020.5);
    EXPECT_GE(driver.served - before, 195) << lie.name;
  }
}

TEST(Lies, ABucketThatNeverAnswersStopsNobodyForLonger) {
  Governor governor({});
  std::vector<Permit> silent;
  for (int i = 0; i < 5; ++i) {
    auto admission = governor.admit(test::request("a", 10), instant(10));
    silent.push_back(std::move(std::get<Permit>(admission)));
    silent.back().on_sent(instant(10));
  }
  const Request later = test::request("a", 41);
  EXPECT_TRUE(std::holds_alternative<Permit>(governor.admit(later, instant(41))));
}

}  // namespace
}  // namespace postern::limits
