// One counter of Sentry's limiter, as seen from here: may a call go now, and if not, when?
//
// The rules are in the parts; this puts them together: what is charged (CallLedger), where windows
// begin (Phase) and how long they are (WindowLength), what others take (Foreign), how a budget is
// spread (Pace), how many may be in flight (Concurrency). Without limiter fields it holds nothing
// back, unless rejections teach a rate (LearnedRate).
//
// Where a fleet shares the counter, FleetShare says how much of it may go from here, and what
// others take is told by the whole fleet's counts (bucket_share.cc).
//
// Owned by the governor, on the loop thread. The phase is the host's and outlives the bucket.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "limits/answer.h"
#include "limits/call_ledger.h"
#include "limits/concurrency.h"
#include "limits/fleet_share.h"
#include "limits/forecast.h"
#include "limits/foreign.h"
#include "limits/learned_rate.h"
#include "limits/phase.h"
#include "limits/window_length.h"

namespace postern::limits {

struct BucketOptions {
  double reserve = 0;            // share of the limit left alone once foreign calls were seen
  int64_t most_in_flight = 256;  // whatever Sentry allows
};

enum class Blocker : uint8_t {
  kNone,         // go
  kFirstAnswer,  // few calls go before anything is known
  kInFlight,     // all slots taken
  kLost,         // the limiter's clock moved: probing
  kBudget,       // the window's budget is used
  kPace,         // more of the budget a little later
  kRate,         // a learned rate
};

struct Decision {
  Blocker blocker = Blocker::kNone;
  std::optional<Seconds> until;  // ask again then; none: an answer decides

  bool go() const { return blocker == Blocker::kNone; }
};

// For operators.
struct BucketStatus {
  std::optional<int64_t> limit;
  std::optional<int64_t> remaining;  // as the newest answer said
  std::optional<int64_t> concurrent_limit;
  int64_t window = 0;  // seconds; 0: not known
  int64_t in_flight = 0;
  int64_t in_flight_allowed = 0;
  double foreign = 0;                 // calls of others per window, on average
  double learned_rate = 0;            // per second; 0: none
  std::array<uint64_t, 6> answers{};  // by AnswerKind
  std::optional<ShareStatus> share;   // nothing: this Postern is alone
};

class Bucket final {
 public:
  // `share` must outlive the bucket; null: this Postern is alone.
  Bucket(const BucketOptions& options, Phase& phase, FleetShare* share = nullptr)
      : options_(options), phase_(&phase), share_(share), concurrency_(options.most_in_flight) {}

  // From now on; what was learned stays.
  void set_options(const BucketOptions& options) {
    options_ = options;
    concurrency_.set_most(options.most_in_flight);
  }

  Decision decide(Seconds now);
  Outlook outlook(Seconds now);
  // May calls go as soon as the fleet answers, which takes no longer than FleetShare::kPatience?
  bool awaits_fleet(Seconds now) const;

  // The life of a call: reserve, then sent, then one of answered or lost; or given back unsent.
  void reserve(CallId id, RouteId route, Seconds now);
  void sent(CallId id, Seconds now);
  void give_back(CallId id) { ledger_.close(id); }
  // No answer will come, or none that tells: it stays charged until its windows are past.
  void lost(CallId id, Seconds now);
  void answered(CallId id, const Answer& answer, Seconds now);

  // For routes that turn out to have another counter, or the same. `to` learns what is known of
  // windows if it knows nothing itself.
  void move_route(RouteId route, Bucket& to);

  // What a question to the fleet is made of, but for who waits. REQUIRES: a share.
  ShareView share_view(Seconds now);
  // How long windows are, from one who is sure.
  void learn_length(int64_t length);
  // What the fleet has counted in a window that is over.
  void learn_fleet(const ShareCount& count, Seconds now);

  int64_t window() const { return length_.value(); }
  bool window_is_confirmed() const { return length_.is_confirmed(); }
  std::optional<int64_t> limit() const { return limit_; }
  BucketStatus status(Seconds now) const;

 private:
  ClockBounds clock() const { return {phase_->lo(), phase_->hi(), phase_->slow_from()}; }
  int64_t window_at(Seconds limiter_time) const;  // its Reset
  double budget(int64_t reset, Seconds now);
  double with_floor(double room) const;
  double shared_budget(int64_t reset, Seconds now);
  double fleet_budget(Seconds now) const;
  double full_budget(Seconds now) const;
  int64_t slots(Seconds now) const;
  bool may_find_out(int64_t reset, Seconds now);
  Decision held_up(Blocker blocker, std::optional<Seconds> until, Seconds now) const;
  ShareCount count_of(const WindowTally& tally, double used) const;
  Decision decide_window(Seconds now);
  Decision decide_in(int64_t reset, int64_t first, Seconds now);
  bool is_to_look(double budget) const;
  double budget_of_untried(double budget, int64_t reset, Seconds now);
  void close_windows(Seconds now);
  void learn_without_fields(const OpenCall& call, const Answer& answer, Seconds now);
  bool learn_window(const OpenCall& call, const Answer& answer, Seconds now);
  void learn_limit(const OpenCall& call, int64_t limit);
  void learn_rank(const OpenCall& call, const Answer& answer);
  void learn_concurrency(const OpenCall& call, const Answer& answer, Seconds now);
  void learn_full(const OpenCall& call, Seconds now);
  void keep_charged(const OpenCall& call, Seconds now);

  BucketOptions options_;
  Phase* phase_;
  FleetShare* share_;
  CallLedger ledger_;
  WindowLength length_;
  Foreign foreign_;
  Concurrency concurrency_;
  LearnedRate rate_;
  std::optional<int64_t> limit_;
  Seconds limit_sent_ = -1e18;  // when the call was sent whose answer told limit_
  bool heard_ = false;          // any answer at all
  int silent_ = 0;              // served answers in a row without the fields
  std::optional<int64_t> remaining_;
  std::optional<int64_t> concurrent_limit_;
  std::array<uint64_t, 6> answers_{};
  ShareCount past_;          // the last window closed, for the fleet
  int64_t fleet_reset_ = 0;  // the last window that the fleet's counts were learned of
};

}  // namespace postern::limits
