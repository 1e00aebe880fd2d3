#include "limits/call_ledger.h"

#include <algorithm>

namespace postern::limits {
namespace {

constexpr size_t kWindows = 6;
constexpr Seconds kSlotLife = 30;

Seconds begin_of(const OpenCall& call) {
  return call.sent ? *call.sent : call.reserved;
}

}  // namespace

RouteTally WindowTally::sum() const {
  RouteTally sum;
  for (const RouteTally& tally : routes) {
    sum.answered += tally.answered;
    sum.served += tally.served;
    sum.rejected += tally.rejected;
    sum.lost += tally.lost;
    if (tally.max_rank > sum.max_rank) {
      sum.max_rank = tally.max_rank;
      sum.position = tally.position;
      sum.rank_sent = tally.rank_sent;
    }
  }
  return sum;
}

RouteTally& WindowTally::of(RouteId route) {
  for (RouteTally& tally : routes)
    if (tally.route == route) return tally;
  routes.push_back(RouteTally{});
  routes.back().route = route;
  return routes.back();
}

OpenCall* CallLedger::find(CallId id) {
  for (OpenCall& call : open_)
    if (call.id == id) return &call;
  return nullptr;
}

std::optional<OpenCall> CallLedger::close(CallId id) {
  OpenCall* found = find(id);
  if (found == nullptr) return std::nullopt;
  const OpenCall call = *found;
  *found = open_.back();
  open_.pop_back();
  return call;
}

int64_t CallLedger::in_flight(Seconds now) const {
  return std::count_if(open_.begin(), open_.end(), [&](const OpenCall& call) {
    return !call.lost && (!call.sent || now - *call.sent < kSlotLife);
  });
}

bool CallLedger::touches(const OpenCall& call, int64_t reset, int64_t length, ClockBounds clock,
                         Seconds now) const {
  const Seconds from = begin_of(call) + clock.lo;
  const bool has_landed = call.sent && (call.lost || now - *call.sent <= clock.overdue);
  const Seconds to = (has_landed ? *call.sent : now) + clock.hi;
  return from < static_cast<Seconds>(reset) && to >= static_cast<Seconds>(reset - length);
}

double CallLedger::charged(int64_t reset, int64_t length, ClockBounds clock, Seconds now) const {
  const auto open = std::count_if(open_.begin(), open_.end(), [&](const OpenCall& call) {
    return touches(call, reset, length, clock, now);
  });
  double answered = 0;
  for (const WindowTally& tally : windows_)
    if (tally.reset == reset) answered = tally.sum().answered;
  return answered + static_cast<double>(open);
}

double CallLedger::counted(const WindowTally& tally, int64_t length, ClockBounds clock,
                           Seconds now) const {
  const auto open = std::count_if(open_.begin(), open_.end(), [&](const OpenCall& call) {
    return !call.lost && touches(call, tally.reset, length, clock, now);
  });
  const RouteTally sum = tally.sum();
  return sum.answered + sum.lost + static_cast<double>(open);
}

double CallLedger::unanswered_since(Seconds moment) const {
  return static_cast<double>(std::count_if(open_.begin(), open_.end(), [&](const OpenCall& call) {
    return !call.lost && begin_of(call) > moment;
  }));
}

double CallLedger::open_before(Seconds moment, int64_t reset, int64_t length, ClockBounds clock,
                               Seconds now) const {
  return static_cast<double>(std::count_if(open_.begin(), open_.end(), [&](const OpenCall& call) {
    return begin_of(call) < moment && touches(call, reset, length, clock, now);
  }));
}

WindowTally* CallLedger::window(int64_t reset) {
  for (WindowTally& tally : windows_)
    if (tally.reset == reset) return &tally;
  return nullptr;
}

WindowTally* CallLedger::make_window(int64_t reset) {
  if (WindowTally* tally = window(reset)) return tally;
  // A clock set back by more than the windows remembered starts anew.
  if (reset <= closed_ && closed_ - reset < 3600) return nullptr;
  if (reset < closed_) closed_ = 0;
  const auto later = [](const WindowTally& a, const WindowTally& b) { return a.reset < b.reset; };
  WindowTally fresh;
  fresh.reset = reset;
  const auto at = std::upper_bound(windows_.begin(), windows_.end(), fresh, later);
  const auto position = at - windows_.begin();
  windows_.insert(at, fresh);
  if (windows_.size() > kWindows) {
    windows_.erase(windows_.begin());
    if (position == 0) return nullptr;
  }
  return window(reset);
}

std::optional<WindowTally> CallLedger::close_window(int64_t length, ClockBounds clock,
                                                    Seconds now) {
  if (windows_.empty()) return std::nullopt;
  const WindowTally& oldest = windows_.front();
  const auto span = static_cast<Seconds>(length);
  const Seconds past = now + clock.lo - static_cast<Seconds>(oldest.reset);
  if (past < 0.5 * span + 0.3) return std::nullopt;
  const bool is_open = std::any_of(open_.begin(), open_.end(), [&](const OpenCall& call) {
    return !call.lost && touches(call, oldest.reset, length, clock, now);
  });
  if (is_open && past < 2 * span + 1) return std::nullopt;
  WindowTally closed = oldest;
  windows_.erase(windows_.begin());
  closed_ = std::max(closed_, closed.reset);
  return closed;
}

void CallLedger::lose(OpenCall call, int64_t length, ClockBounds clock, Seconds now) {
  call.lost = true;
  call.id = 0;  // the request may be sent again under its own
  for (WindowTally& tally : windows_)
    if (touches(call, tally.reset, length, clock, now)) tally.of(call.route).lost += 1;
  open_.push_back(call);
}

void CallLedger::drop_lost(int64_t length, ClockBounds clock, Seconds now) {
  const auto is_past = [&](const OpenCall& call) {
    if (!call.lost) return false;
    if (length == 0) return true;
    const auto span = static_cast<Seconds>(length);
    return begin_of(call) + clock.hi + span < now + clock.lo;
  };
  open_.erase(std::remove_if(open_.begin(), open_.end(), is_past), open_.end());
}

void CallLedger::move_route(RouteId route, CallLedger& to) {
  const auto stays = [&](const OpenCall& call) { return call.route != route; };
  const auto moved = std::stable_partition(open_.begin(), open_.end(), stays);
  to.open_.insert(to.open_.end(), moved, open_.end());
  open_.erase(moved, open_.end());
  for (WindowTally& tally : windows_) {
    const auto is_it = [&](const RouteTally& row) { return row.route == route; };
    const auto at = std::find_if(tally.routes.begin(), tally.routes.end(), is_it);
    if (at == tally.routes.end()) continue;
    if (WindowTally* target = to.make_window(tally.reset)) target->of(route) = *at;
    tally.routes.erase(at);
  }
}

}  // namespace postern::limits
