// Random arrivals, answers, failures, cancellations, limit changes and clock jumps: what must hold
// whatever happens.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "limits/governor.h"
#include "sentry.h"

namespace postern::limits {
namespace {

class Chaos final {
 public:
  // With one route only, no bucket can turn out to be another's: then the cap is exact.
  Chaos(uint64_t seed, size_t routes) : random_(seed), routes_(routes), governor_(options(seed)) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) step();
  }
  void finish() {
    calls_.clear();
    EXPECT_EQ(governor_.waiting(), 0U);
    while (auto ready = governor_.poll(instant(now_))) ADD_FAILURE() << "news about nobody";
    EXPECT_FALSE(governor_.next_wakeup().has_value());
    for (const BucketReport& report : governor_.report(instant(now_))) {
      EXPECT_EQ(report.queued, 0U);
      EXPECT_EQ(report.bucket.in_flight, 0);
    }
  }
  int served() const { return served_; }

 private:
  struct Call {
    Seconds deadline = 0;
    std::string route;
    Permit permit;
    Ticket ticket;
    std::optional<Seconds> sent_at;
  };

  static Options options(uint64_t seed) {
    Options options;
    options.max_queue = 200;
    options.max_queue_bytes = 20000;
    options.max_in_flight = kInFlight;
    options.max_buckets = 8;
    options.max_wait = std::chrono::seconds(10);
    options.seed = seed;
    return options;
  }
  size_t pick(size_t below) { return random_() % below; }
  bool chance(size_t in) { return pick(in) == 0; }

  void step() {
    now_ += 0.0005 * static_cast<double>(pick(40));
    if (chance(2000)) now_ += static_cast<double>(pick(200));
    if (chance(500)) sentry_.limit = static_cast<int64_t>(pick(60));
    if (chance(500)) sentry_.slots = static_cast<int64_t>(1 + pick(30));
    if (chance(1500)) offset_ += static_cast<double>(pick(5)) - 2;
    switch (pick(6)) {
      case 0:
      case 1:
        ask();
        break;
      case 2:
      case 3:
        answer();
        break;
      case 4:
        vanish();
        break;
      default:
        break;
    }
    poll();
    check();
  }

  void ask() {
    const uint64_t tag = ++tags_;
    Call& call = calls_[tag];
    const std::string caller = "caller" + std::to_string(pick(5));
    const std::string client = "client" + std::to_string(pick(3));
    const std::string user = std::to_string(pick(10));
    call.route = "/route" + std::to_string(pick(routes_)) + "/";
    Request request = test::request(caller, now_, static_cast<double>(pick(15)));
    request.user = chance(3) ? std::string_view(user) : std::string_view("1");
    request.client = client;
    request.route = call.route;
    request.urgency = static_cast<int>(pick(10)) - 1;
    request.bytes = pick(400);
    request.idempotent = chance(2);
    request.replayable = !chance(4);
    request.again = chance(10);
    request.tag = tag;
    call.deadline = std::min(seconds(request.deadline), now_ + 10);
    auto admission = governor_.admit(request, instant(now_));
    if (auto* permit = std::get_if<Permit>(&admission)) {
      call.permit = std::move(*permit);
    } else if (auto* ticket = std::get_if<Ticket>(&admission)) {
      call.ticket = std::move(*ticket);
    } else {
      EXPECT_GE(std::get<Refusal>(admission).retry_after, std::chrono::seconds(1));
      calls_.erase(tag);
    }
  }

  // Something happens to a random call that is out.
  void answer() {
    if (calls_.empty()) return;
    auto at = calls_.lower_bound(1 + pick(tags_));
    if (at == calls_.end() || !at->second.permit) return;
    Call& call = at->second;
    if (!call.sent_at) {
      if (chance(10)) {
        call.permit.give_back(instant(now_));
        calls_.erase(at);
        return;
      }
      call.permit.on_sent(instant(now_));
      call.sent_at = now_;
      return;
    }
    if (chance(30)) {
      call.permit.on_failure(instant(now_));
      calls_.erase(at);
      return;
    }
    Verdict verdict = call.permit.on_answer(random_answer(), instant(now_));
    // Time with Sentry is no waiting.
    call.deadline = std::min(call.deadline + now_ - *call.sent_at, now_ + 10);
    call.sent_at.reset();
    if (verdict.again) {
      call.ticket = std::move(*verdict.again);
      EXPECT_LT(now_, call.deadline);
      return;
    }
    ++served_;
    calls_.erase(at);
  }

  Answer random_answer() {
    Answer answer = sentry_.arrive(now_ + offset_);
    sentry_.leave(answer);
    if (chance(20)) answer = test::turned_away(AnswerKind::kGateway, chance(2) ? 429 : 503);
    if (chance(20)) answer = test::turned_away(AnswerKind::kUnknown);
    if (chance(20)) answer.kind = AnswerKind::kSearch, answer.status = 429;
    if (chance(40)) answer.headers.reset = static_cast<int64_t>(random_() % 100000000000);
    if (chance(40)) answer.headers.remaining = static_cast<int64_t>(pick(1000));
    if (chance(40)) answer.headers = {};
    return answer;
  }

  void vanish() {
    if (calls_.empty()) return;
    const auto at = calls_.lower_bound(1 + pick(tags_));
    if (at != calls_.end()) calls_.erase(at);
  }

  void poll() {
    while (auto ready = governor_.poll(instant(now_))) {
      const auto at = calls_.find(ready->tag);
      ASSERT_NE(at, calls_.end()) << "served twice, or after it had gone";
      ASSERT_TRUE(at->second.ticket) << "served without waiting";
      if (auto* permit = std::get_if<Permit>(&ready->outcome)) {
        EXPECT_LT(now_, at->second.deadline);
        at->second.permit = std::move(*permit);
        at->second.ticket = {};
      } else {
        calls_.erase(at);
      }
    }
  }

  void check() {
    size_t waiting = 0;
    size_t out = 0;
    for (const auto& entry : calls_) {
      const Call& call = entry.second;
      ASSERT_NE(static_cast<bool>(call.permit), static_cast<bool>(call.ticket)) << "lost";
      if (call.permit) ++out;
      if (!call.ticket) continue;
      ++waiting;
      ASSERT_LT(now_, call.deadline) << "waits past its deadline";
    }
    ASSERT_EQ(waiting, governor_.waiting());
    // What comes back after a rejection is taken in whatever the bounds, but it was admitted once.
    ASSERT_LE(waiting, 200U + 8 * kInFlight);
    if (waiting > 0) {
      ASSERT_TRUE(governor_.next_wakeup().has_value());
    }
    if (!chance(8)) return;
    const auto reports = governor_.report(instant(now_));
    ASSERT_LE(reports.size(), 8U * 4);
    for (const BucketReport& report : reports)
      ASSERT_LE(report.bucket.in_flight, routes_ == 1 ? kInFlight : 8 * kInFlight);
  }

  static constexpr int64_t kInFlight = 12;

  std::mt19937_64 random_;
  size_t routes_;
  Seconds now_ = 1000;
  Seconds offset_ = 0;
  test::Sentry sentry_;
  Governor governor_;
  std::map<uint64_t, Call> calls_;
  uint64_t tags_ = 0;
  int served_ = 0;
};

TEST(Property, HoldsWhateverHappens) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos chaos(seed, seed % 2 == 0 ? 1 : 4);
    chaos.run(3000);
    chaos.finish();
    EXPECT_GT(chaos.served(), 100);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace postern::limits
