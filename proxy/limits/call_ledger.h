// What a bucket has sent: the calls without an answer yet, and per window and route what the
// answers said. A call without an answer counts in every window it may have landed in.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "limits/foreign.h"
#include "limits/seconds.h"

namespace postern::limits {

using CallId = uint64_t;
using RouteId = uint32_t;

// A call from its permit to its answer.
struct OpenCall {
  CallId id = 0;  // 0: lost
  RouteId route = 0;
  Seconds reserved = 0;         // when it was allowed to go
  std::optional<Seconds> sent;  // when it went
  int64_t in_flight = 0;        // calls on their way when it was allowed, itself included
  bool lost = false;            // no answer will tell its window; it holds no slot any more
};

// What the answers charged to one window have shown, for one route.
struct RouteTally {
  RouteId route = 0;
  double answered = 0;
  double served = 0;
  double rejected = 0;
  double lost = 0;  // calls without an answer that may have been counted here
  double max_rank = 0;
  double position = 0;    // in the window, of the call with max_rank
  Seconds rank_sent = 0;  // when that call was sent
};

struct WindowTally {
  int64_t reset = 0;
  bool used_up = false;
  std::vector<RouteTally> routes;

  RouteTally sum() const;
  RouteTally& of(RouteId route);
};

// The limiter's view of time as far as it is known: bounds of arrival less sending.
struct ClockBounds {
  Seconds lo = 0;
  Seconds hi = 0;
  // A call that has been out for longer than this may still be on its way there: something has
  // stalled, and what it holds back will land together.
  Seconds overdue = 1e18;
};

class CallLedger final {
 public:
  void open(const OpenCall& call) { open_.push_back(call); }
  OpenCall* find(CallId id);  // null once it is closed; valid until the next change
  std::optional<OpenCall> close(CallId id);
  const std::vector<OpenCall>& open_calls() const { return open_; }

  // Calls that hold a slot. Sentry frees the slot of a call after half a minute in any case.
  int64_t in_flight(Seconds now) const;
  // Charged to the window that ends at `reset`: answered there, or open and possibly landed there.
  double charged(int64_t reset, int64_t length, ClockBounds clock, Seconds now) const;
  // The same of a window that is over: calls whose answers were lost are forgotten by then, but not
  // that there were some.
  double counted(const WindowTally& tally, int64_t length, ClockBounds clock, Seconds now) const;
  double unanswered() const { return static_cast<double>(open_.size()); }
  double unanswered_since(Seconds moment) const;
  // Open calls sent before `moment` that may have landed in that window.
  double open_before(Seconds moment, int64_t reset, int64_t length, ClockBounds clock,
                     Seconds now) const;

  WindowTally* window(int64_t reset);       // null if there is none
  WindowTally* make_window(int64_t reset);  // null if it was closed before
  // Closes windows that are over and have all their answers, oldest first.
  std::optional<WindowTally> close_window(int64_t length, ClockBounds clock, Seconds now);
  // The call will have no answer that tells: it stays charged where it may have landed.
  void lose(OpenCall call, int64_t length, ClockBounds clock, Seconds now);
  // Forgets lost calls whose windows are past.
  void drop_lost(int64_t length, ClockBounds clock, Seconds now);
  // Moves what belongs to the route, open calls included.
  void move_route(RouteId route, CallLedger& to);

 private:
  bool touches(const OpenCall& call, int64_t reset, int64_t length, ClockBounds clock,
               Seconds now) const;

  std::vector<OpenCall> open_;        // as many as are in flight: tens
  std::vector<WindowTally> windows_;  // oldest first, at most kWindows
  int64_t closed_ = 0;                // Reset of the last window closed
};

}  // namespace postern::limits
