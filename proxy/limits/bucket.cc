#include "limits/bucket.h"

#include <algorithm>
#include <cmath>

#include "limits/pace.h"

namespace postern::limits {
namespace {

constexpr int64_t kFirstCalls = 5;  // every limit known is at least that
constexpr int kSilence = 20;        // served answers without fields: no limiter any more
constexpr Seconds kSoon = 0.0005;   // never ask again sooner
constexpr double kTelling = 0.3;    // share of a window after which a call tells of others in it

double as_double(int64_t value) {
  return static_cast<double>(value);
}

}  // namespace

int64_t Bucket::window_at(Seconds limiter_time) const {
  const int64_t length = length_.value();
  const auto index = static_cast<int64_t>(std::floor(limiter_time / as_double(length)));
  return (index + 1) * length;
}

double Bucket::with_floor(double room) const {
  const double limit = as_double(*limit_);
  return std::max({1.0, limit / 40, std::min(room, foreign_.ceiling(limit))});
}

double Bucket::budget(int64_t reset, Seconds now) {
  if (share_ != nullptr) return shared_budget(reset, now);
  const double limit = as_double(*limit_);
  double seen = 0;
  double rest = 1;
  if (const WindowTally* tally = ledger_.window(reset)) {
    const RouteTally sum = tally->sum();
    if (sum.max_rank > 0) {
      const double own =
          sum.served + ledger_.open_before(sum.rank_sent, reset, length_.value(), clock(), now);
      seen = std::max(0.0, sum.max_rank - own);
      rest = 1 - sum.position;
    }
  }
  double room = limit - foreign_.expected(seen, rest);
  if (foreign_.was_seen(now)) room = std::min(room, limit * (1 - options_.reserve));
  return with_floor(room);
}

// All but a call or two is left to others, who may have gone: the last one goes late enough in its
// window to show it.
bool Bucket::is_to_look(double budget) const {
  const double limit = as_double(*limit_);
  const bool is_least = budget < limit && budget <= std::max(1.0, limit / 40) + 1e-9;
  return is_least && foreign_.may_have_gone();
}

// The first windows of an unproven phase are entered with a few calls; their answers show whether
// the boundary is where it is thought to be.
double Bucket::budget_of_untried(double budget, int64_t reset, Seconds now) {
  if (phase_->confidence() >= 2) return budget;
  const WindowTally* tally = ledger_.window(reset);
  if (tally != nullptr && tally->sum().answered > 0) return budget;
  const Seconds length = as_double(length_.value());
  const Seconds elapsed = now + phase_->lo() - (as_double(reset) - length);
  return elapsed < 0.1 * length ? std::min(budget, as_double(kFirstCalls)) : budget;
}

Decision Bucket::decide(Seconds now) {
  close_windows(now);
  const int64_t in_flight = ledger_.in_flight(now);
  if (in_flight >= slots(now)) return held_up(Blocker::kInFlight, std::nullopt, now);
  if (limit_ && phase_->is_known()) return decide_window(now);
  if (!heard_) {
    const bool go = in_flight < (share_ == nullptr ? kFirstCalls : share_->unheard(now));
    if (go) return {};
    return held_up(Blocker::kFirstAnswer, std::nullopt, now);
  }
  const Seconds next = rate_.next(now);
  if (next <= now) return {};
  return {Blocker::kRate, std::max(next, now + kSoon)};
}

Decision Bucket::decide_window(Seconds now) {
  phase_->age(now);
  if (phase_->is_lost() && ledger_.unanswered_since(phase_->corrected_at()) >= 2)
    return {Blocker::kLost, std::nullopt};
  const int64_t first = window_at(now + phase_->lo());
  const int64_t last = std::min(window_at(now + phase_->hi()), first + 3 * length_.value());
  const bool finds_out = may_find_out(first, now);
  Decision held;
  bool has_room = false;
  for (int64_t reset = first; reset <= last; reset += length_.value()) {
    const Decision decision = decide_in(reset, first, now);
    if (!decision.go() && !finds_out) return decision;
    if (!decision.go() && held.go()) held = decision;
    has_room = has_room || decision.go();
  }
  return has_room ? Decision{} : held;
}

Decision Bucket::decide_in(int64_t reset, int64_t first, Seconds now) {
  const Seconds length = as_double(length_.value());
  const double used = length_.is_sure()
                          ? ledger_.charged(reset, length_.value(), clock(), now)
                          : ledger_.charged(reset, length_.value(), {-1e18, 1e18}, now);
  const double full = budget(reset, now);
  const Seconds next_window = as_double(first) - phase_->lo();
  if (used + 1 > full + 1e-9) {
    if (WindowTally* tally = ledger_.make_window(reset)) tally->used_up = true;
    const Decision decision{Blocker::kBudget, std::max(next_window, now + kSoon)};
    return reset == first ? held_up(decision.blocker, decision.until, now) : decision;
  }
  const Seconds begin = as_double(reset) - length - phase_->lo();
  const double tried = reset == first ? budget_of_untried(full, reset, now) : full;
  if (used + 1 > tried + 1e-9) return {Blocker::kPace, std::max(begin + 0.1 * length, now + kSoon)};
  const bool is_last = share_ == nullptr && is_to_look(full) && used + 2 > full + 1e-9;
  if (is_last && reset == first && now < begin + kTelling * length)
    return {Blocker::kPace, std::max(begin + kTelling * length, now + kSoon)};
  const Pace pace(length, share_ == nullptr ? 0 : share_->stagger(reset));
  const Seconds elapsed = std::max(0.0, now - begin);
  if (used + 1 > pace.allowed(full, elapsed) + 1e-6)
    return {Blocker::kPace, std::max(begin + pace.when(full, used + 1), now + kSoon)};
  return {};
}

Outlook Bucket::outlook(Seconds now) {
  close_windows(now);
  Outlook outlook;
  const auto allowed = as_double(slots(now));
  outlook.free = std::max(0.0, allowed - as_double(ledger_.in_flight(now)));
  if (phase_->mean_call_time() > 0) outlook.rate = allowed / phase_->mean_call_time();
  if (rate_.is_limiting()) {
    outlook.rate = outlook.rate > 0 ? std::min(outlook.rate, rate_.rate()) : rate_.rate();
    outlook.free = 0;
  }
  if (!limit_ || !phase_->is_known()) return outlook;
  const int64_t reset = window_at(now + phase_->lo());
  outlook.has_window = true;
  outlook.window = as_double(length_.value());
  outlook.elapsed = now + phase_->lo() - (as_double(reset) - outlook.window);
  outlook.used = ledger_.charged(reset, length_.value(), clock(), now);
  outlook.budget = awaits_fleet(now) ? full_budget(now) : budget(reset, now);
  outlook.full_budget = full_budget(now);
  return outlook;
}

void Bucket::reserve(CallId id, RouteId route, Seconds now) {
  OpenCall call;
  call.id = id;
  call.route = route;
  call.reserved = now;
  call.in_flight = ledger_.in_flight(now) + 1;
  ledger_.open(call);
}

void Bucket::sent(CallId id, Seconds now) {
  OpenCall* call = ledger_.find(id);
  if (call == nullptr || call->sent) return;
  call->sent = now;
  if (!limit_) rate_.sent(now);
}

void Bucket::lost(CallId id, Seconds now) {
  const std::optional<OpenCall> call = ledger_.close(id);
  if (!call) return;
  keep_charged(*call, now);
  close_windows(now);
}

void Bucket::keep_charged(const OpenCall& call, Seconds now) {
  if (!limit_ || !call.sent) return;
  // So that the window's count is taken from it, whether or not another call tells of the window.
  if (phase_->is_known()) ledger_.make_window(window_at(*call.sent + phase_->lo()));
  ledger_.lose(call, length_.value(), clock(), now);
}

void Bucket::answered(CallId id, const Answer& answer, Seconds now) {
  std::optional<OpenCall> call = ledger_.close(id);
  if (!call) return;
  if (!call->sent) call->sent = call->reserved;  // an answer proves that it went
  heard_ = true;
  ++answers_[static_cast<size_t>(answer.kind)];
  const bool told = answer.headers.has_window() && learn_window(*call, answer, now);
  if (!told) return learn_without_fields(*call, answer, now);
  silent_ = 0;
  learn_concurrency(*call, answer, now);
  close_windows(now);
}

void Bucket::learn_without_fields(const OpenCall& call, const Answer& answer, Seconds now) {
  if (answer.kind == AnswerKind::kConcurrency) learn_full(call, now);
  if (!limit_) {
    if (answer.kind == AnswerKind::kUnknown || answer.kind == AnswerKind::kWindow)
      rate_.rejected(now);
    if (answer.kind == AnswerKind::kServed) rate_.served(now);
    return;
  }
  if (answer.kind == AnswerKind::kServed && ++silent_ >= kSilence) {
    limit_.reset();
    length_ = WindowLength();
    silent_ = 0;
    return;
  }
  keep_charged(call, now);
}

// False: the fields contradict what is known of the clock, and are not believed.
bool Bucket::learn_window(const OpenCall& call, const Answer& answer, Seconds now) {
  const LimitHeaders& headers = answer.headers;
  Landing landing;
  landing.sent = *call.sent;
  landing.received = now;
  landing.reset = *headers.reset;
  landing.date = headers.date;
  landing.rejected = answer.kind == AnswerKind::kWindow;
  // A length of this bucket's own is needed to judge a Reset; the lie of one answer is undone by
  // the common divisor of the next ones.
  if (answer.window) length_.tell(*answer.window);
  length_.observe(*headers.reset, headers.date, landing.sent, landing.received);
  landing.window = length_.value();
  landing.window_is_sure = length_.is_sure();
  if (!phase_->observe(landing)) return false;
  learn_limit(call, *headers.limit);
  remaining_ = headers.remaining;
  learn_rank(call, answer);
  return true;
}

void Bucket::learn_limit(const OpenCall& call, int64_t limit) {
  if (limit_ == limit) {
    limit_sent_ = std::max(limit_sent_, *call.sent);
    return;
  }
  if (*call.sent < limit_sent_) return;  // an older truth that was slow to arrive
  if (limit_) foreign_.limit_changed(as_double(*limit_), as_double(limit));
  limit_ = limit;
  limit_sent_ = *call.sent;
}

void Bucket::learn_rank(const OpenCall& call, const Answer& answer) {
  const LimitHeaders& headers = answer.headers;
  WindowTally* tally = ledger_.make_window(*headers.reset);
  if (tally == nullptr) return;
  RouteTally& row = tally->of(call.route);
  row.answered += 1;
  const double limit = as_double(*headers.limit);
  double rank = limit - as_double(*headers.remaining);
  double position = 1;
  if (answer.kind == AnswerKind::kWindow) {
    row.rejected += 1;
    rank = limit;
  } else {
    row.served += 1;
    const Seconds length = as_double(length_.value());
    const Seconds landed = *call.sent + (phase_->lo() + phase_->hi()) / 2;
    position = std::clamp((landed - (as_double(*headers.reset) - length)) / length, 0.0, 1.0);
  }
  if (rank < row.max_rank || rank < 1) return;
  row.max_rank = rank;
  row.position = std::max(position, answer.kind == AnswerKind::kWindow ? 1.0 : 0.0);
  row.rank_sent = *call.sent;
}

void Bucket::learn_concurrency(const OpenCall& call, const Answer& answer, Seconds now) {
  const LimitHeaders& headers = answer.headers;
  if (headers.concurrent_limit) {
    concurrent_limit_ = headers.concurrent_limit;
    concurrency_.told(*headers.concurrent_limit);
  }
  if (answer.kind == AnswerKind::kConcurrency) {
    learn_full(call, now);
  } else if (headers.concurrent_remaining) {
    concurrency_.served(*headers.concurrent_remaining, call.in_flight, now);
  }
}

void Bucket::learn_full(const OpenCall& call, Seconds now) {
  if (share_ != nullptr && concurrent_limit_) return concurrency_.rejected_in_fleet(now);
  concurrency_.rejected(call.in_flight, now);
}

void Bucket::close_windows(Seconds now) {
  ledger_.drop_lost(length_.value(), clock(), now);
  if (!limit_ || !phase_->is_known()) return;
  while (const auto closed = ledger_.close_window(length_.value(), clock(), now)) {
    const RouteTally sum = closed->sum();
    if (share_ != nullptr) {
      past_ = count_of(*closed, sum.answered + sum.lost);
      continue;  // alone it cannot tell the fleet's calls from others'
    }
    WindowSummary window;
    window.limit = as_double(*limit_);
    window.answered = sum.answered;
    window.served = sum.served + sum.lost;
    window.max_rank = sum.max_rank;
    window.position = sum.position;
    window.rejected = sum.rejected;
    window.used_up = closed->used_up;
    foreign_.window_over(window, now);
  }
}

void Bucket::move_route(RouteId route, Bucket& to) {
  ledger_.move_route(route, to.ledger_);
  to.heard_ = to.heard_ || heard_;
  if (to.limit_) return;
  to.limit_ = limit_;
  to.limit_sent_ = limit_sent_;
  to.length_ = length_;
  to.concurrency_ = concurrency_;
}

BucketStatus Bucket::status(Seconds now) const {
  BucketStatus status;
  status.limit = limit_;
  status.remaining = remaining_;
  status.concurrent_limit = concurrent_limit_;
  status.window = limit_ ? length_.value() : 0;
  status.in_flight = ledger_.in_flight(now);
  status.in_flight_allowed = slots(now);
  status.foreign = foreign_.mean();
  status.learned_rate = rate_.rate();
  status.answers = answers_;
  if (share_ != nullptr) status.share = share_->status(now);
  return status;
}

}  // namespace postern::limits
