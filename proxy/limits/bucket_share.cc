// The half of Bucket that shares its counter with other Posterns.
#include <algorithm>
#include <cmath>

#include "limits/bucket.h"

namespace postern::limits {
namespace {

double as_double(int64_t value) {
  return static_cast<double>(value);
}

int64_t as_whole(double value) {
  return static_cast<int64_t>(value + 1e-9);
}

}  // namespace

// Of a whole window, foreign calls left to those who make them.
double Bucket::fleet_budget(Seconds now) const {
  const double limit = as_double(*limit_);
  double room = limit - foreign_.expected(0, 1);
  if (foreign_.was_seen(now)) room = std::min(room, limit * (1 - options_.reserve));
  return with_floor(room);
}

// The calls allotted; but a rank seen leaves no more than the rest of the limit, whoever took it.
double Bucket::shared_budget(int64_t reset, Seconds now) {
  const double allotted = share_->allotted(reset, fleet_budget(now), now);
  const WindowTally* tally = ledger_.window(reset);
  if (tally == nullptr) return allotted;
  const RouteTally sum = tally->sum();
  if (sum.max_rank == 0) return allotted;
  const double own =
      sum.served + ledger_.open_before(sum.rank_sent, reset, length_.value(), clock(), now);
  return std::min(allotted, own + as_double(*limit_) - sum.max_rank);
}

double Bucket::full_budget(Seconds now) const {
  if (share_ != nullptr) return share_->fair(fleet_budget(now));
  return with_floor(as_double(*limit_) - foreign_.expected(0, 1));
}

int64_t Bucket::slots(Seconds now) const {
  if (share_ == nullptr) return concurrency_.allowed();
  return share_->slots(concurrency_.of_all(), now);
}

bool Bucket::awaits_fleet(Seconds now) const {
  if (share_ == nullptr) return false;
  const bool has_window = limit_ && phase_->is_known();
  return share_->is_awaited(has_window ? window_at(now + phase_->lo()) : 0, now);
}

Decision Bucket::held_up(Blocker blocker, std::optional<Seconds> until, Seconds now) const {
  if (share_ == nullptr) return {blocker, until};
  const bool has_window = limit_ && phase_->is_known();
  share_->on_held_up(has_window ? window_at(now + phase_->lo()) : 0, now);
  if (const std::optional<Seconds> alone_from = share_->gives_up_at())
    until = until ? std::min(*until, *alone_from) : *alone_from;
  return {blocker, until};
}

ShareCount Bucket::count_of(const WindowTally& tally, double used) const {
  const RouteTally sum = tally.sum();
  ShareCount count;
  count.reset = tally.reset;
  count.used = as_whole(used);
  count.rejected = as_whole(sum.rejected);
  count.max_rank = as_whole(sum.max_rank);
  count.position = sum.position;
  count.used_up = tally.used_up;
  return count;
}

ShareView Bucket::share_view(Seconds now) {
  close_windows(now);
  ShareView view;
  if (!limit_ || !phase_->is_known()) return view;
  phase_->age(now);
  view.length = length_.value();
  view.is_sure = length_.is_sure();
  // Where it most likely is: by the least bound a newcomer would ask for windows long divided.
  const Seconds likely = (phase_->lo() + phase_->hi()) / 2;
  view.reset = window_at(now + likely);
  view.ends = as_double(view.reset) - likely;
  view.budget = as_whole(fleet_budget(now));
  view.used = as_whole(ledger_.charged(view.reset, view.length, clock(), now));
  if (concurrent_limit_) view.slots = concurrency_.of_all();
  const int64_t before = view.reset - view.length;
  if (const WindowTally* tally = ledger_.window(before)) {
    view.past = count_of(*tally, ledger_.counted(*tally, view.length, clock(), now));
  } else if (past_.reset == before) {
    view.past = past_;
  }
  return view;
}

// Whoever has a part of the first of the windows where a call may land, for all that is known of
// the limiter's clock, but not of all of them, sends one call: it is how the clock becomes known.
// To whoever was idle while there is plenty for each, a part of the next window will do. (With a
// limit below the replicas that brought 40 % rejections.)
bool Bucket::may_find_out(int64_t reset, Seconds now) {
  constexpr Seconds kWide = 0.25;
  if (share_ == nullptr) return false;
  const int64_t length = length_.value();
  if (ledger_.charged(reset, length, clock(), now) > 0 ||
      ledger_.charged(reset + length, length, clock(), now) > 0)
    return false;
  const double budget = fleet_budget(now);
  const bool is_plenty = share_->was_idle() && budget >= 2 * as_double(share_->replicas());
  if (!is_plenty && phase_->hi() - phase_->lo() <= kWide) return false;
  return share_->allotted(reset, budget, now) >= 1 ||
         (is_plenty && share_->allotted(reset + length, budget, now) >= 1);
}

void Bucket::learn_length(int64_t length) {
  if (length > 0 && !length_.is_sure()) length_.tell(length);
}

void Bucket::learn_fleet(const ShareCount& count, Seconds now) {
  if (!limit_ || count.reset <= fleet_reset_ || count.reset == 0) return;
  fleet_reset_ = count.reset;
  WindowSummary window;
  window.limit = as_double(*limit_);
  window.answered = as_double(count.used);
  window.served = as_double(count.used - count.rejected);
  window.max_rank = as_double(count.max_rank);
  window.position = count.position;
  window.rejected = as_double(count.rejected);
  window.used_up = count.used_up;
  foreign_.window_over(window, now);
}

}  // namespace postern::limits
