// When may a request be sent? The one object that the request path asks about limits.
//
//   admit() ─┬─ Permit: send it now            permit: on_sent(), then on_answer() or on_failure()
//            ├─ Ticket: it waits; poll() gives the Permit, or a Refusal when hope is lost
//            └─ Refusal: it cannot be served in time, said at once
//
// No I/O and no clock: every call is given `now`, which never goes back. The owner calls poll()
// until it returns nothing, after every other call and at next_wakeup(). Loop thread; deterministic
// for a given seed. Destroying a Ticket leaves the queue, destroying a Permit releases it; neither
// may outlive the governor.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "limits/answer.h"
#include "limits/family_table.h"
#include "limits/jitter.h"
#include "limits/options.h"
#include "limits/permit.h"
#include "limits/report.h"
#include "limits/retry_policy.h"
#include "limits/watcher.h"

namespace postern::limits {

// Views are copied when the request has to be remembered.
struct Request {
  std::string_view user;    // Sentry's user of the grant: what Sentry counts by
  std::string_view host;    // upstream host: one limiter clock each
  std::string_view group;   // what may share a counter: the method, or more where more is known
  std::string_view route;   // template of the endpoint, not the path: few different ones
  std::string_view caller;  // who asks, as Postern knows it: shares are equal among callers
  std::string_view client;  // name that the caller gives a part of itself: divides its share
  int urgency = 3;          // 0 to 7, RFC 9218; 0 goes first
  Instant deadline;         // not in the queue any longer; at most max_wait ahead is used
  uint64_t bytes = 0;       // memory that waiting costs
  bool idempotent = false;  // may be sent again although it may have been processed
  bool replayable = true;   // can be sent again at all: its body is at hand
  bool again = false;       // was admitted before (given back, connection lost): to the front
  uint64_t tag = 0;         // the owner's, comes back from poll()
};

enum class Reason : uint8_t {
  kRateLimited,      // cannot be served before the deadline
  kQueueFull,        // Postern's own bound
  kUpstreamResting,  // the host fails; it is being left alone
  kDraining,         // the process ends
};
std::string_view to_string(Reason reason);

struct Refusal {
  Reason reason = Reason::kRateLimited;
  Duration retry_after{};  // whole seconds, at least one
};

// A waiting request whose time has come.
struct Ready {
  uint64_t tag = 0;
  std::variant<Permit, Refusal> outcome;
};

// What would become of a request now.
struct Explanation {
  bool known = false;  // its family has been called before; otherwise the rest says nothing
  Blocker blocker = Blocker::kNone;
  size_t ahead = 0;
  Duration wait{};  // forecast
  std::optional<Refusal> refusal;
  BucketStatus bucket;
  size_t queued = 0;
};

class Governor final {
 public:
  using Admission = std::variant<Permit, Ticket, Refusal>;

  explicit Governor(const Options& options);
  ~Governor();
  Governor(const Governor&) = delete;
  Governor& operator=(const Governor&) = delete;

  // From now on, but for the seed. Who waits keeps its place and its deadline.
  void set_options(const Options& options, Instant now);
  // Who is told of changes; must outlive this. Before the first request.
  void watch(Watcher& watcher) { watcher_ = &watcher; }

  // Limits are shared with other Posterns. `replica` is this one's name among them: random per
  // process. Before the first request.
  void share(std::string replica);
  // So many replicas are there, whether they ask or not: counted while nobody answers. REQUIRES:
  // share().
  void set_listed(int64_t replicas) { board_->set_listed(replicas); }
  // The next question to the fleet; nothing: none now. To be called until then after poll(). Each
  // is to be followed by one of the two below, when the caller thinks fit.
  std::optional<ShareAsk> next_question(Instant now);
  void on_share_answer(uint64_t id, const ShareAnswer& answer, Instant now);
  void on_share_failure(uint64_t id, Instant now);
  // The same for which routes share a counter; rare.
  std::optional<PartsAsk> next_parts_question(Instant now);
  void on_parts_answer(uint64_t id, const PartsAnswer& answer, Instant now);
  void on_parts_failure(uint64_t id);

  Admission admit(const Request& request, Instant now);
  // The next waiting request that may go or has to be refused; nothing: none now.
  std::optional<Ready> poll(Instant now);
  // Everyone who waits is refused, by poll(): the process ends.
  void refuse_all(Instant now);
  // When poll() may have something again; nothing: not before another call changes something.
  std::optional<Instant> next_wakeup() const;

  std::vector<BucketReport> report(Instant now, size_t most = SIZE_MAX) const {
    return report_of(families_, now, most);
  }
  std::vector<BucketFigures> figures(Instant now, size_t most) const {
    return figures_of(families_, now, most);
  }
  const std::array<uint64_t, 6>& answers() const { return answers_; }  // of all, by AnswerKind
  size_t requests() const { return jobs_.size(); }  // that wait, or have a call under way
  Explanation explain(const Request& request, Instant now);
  size_t waiting() const { return totals_.entries + delayed_.size(); }

 private:
  friend class Ticket;
  friend class Permit;

  enum class State : uint8_t { kQueued, kDelayed, kDoomed, kOpen };
  // A request from admission to its end.
  struct Job {
    uint64_t id = 0;
    uint32_t serial = 0;  // changes with each handle given out: an old handle is void
    State state = State::kQueued;
    Entry entry;  // as it waits, or would wait again
    uint64_t tag = 0;
    bool idempotent = false;
    bool replayable = true;
    Family* family = nullptr;
    RouteId route = 0;
    int calls = 0;
    int tries = 0;                   // of them, those that backing off has cost
    std::optional<Seconds> sent_at;  // the present call
    uint32_t era = 0;                // of the host's circuit, while open
    Seconds due = 0;                 // while delayed
  };
  struct Doomed {
    uint64_t id;
    Refusal refusal;
  };

  using Jobs = std::unordered_map<uint64_t, Job>;
  Job& begin(const Request& request, Family& family, Seconds now);
  void drop(uint64_t id);
  Refusal refuse(Job& job, Reason reason, Seconds retry_after);
  Admission enqueue(Job& job, Slot& slot, Place place, Seconds now);
  Permit open(Job& job, Slot& slot, Seconds now);
  std::optional<Ready> serve(Slot& slot, Seconds now);
  std::optional<Ready> next_doomed();
  void return_delayed(Seconds now);
  void drop_hopeless(Slot& slot, Seconds now);
  void doom(uint64_t id, Reason reason, Seconds retry_after);
  Decision decide(Slot& slot, Seconds now) const;
  Seconds forecast_for(Slot& slot, size_t ahead, Seconds now) const;
  static Reason reason_of(const Slot& slot, Seconds wait, Seconds now);
  void schedule(Slot& slot, Seconds now);
  void schedule_at(Slot& slot, std::optional<Seconds> when);
  void schedule_host(const Host& host, Seconds now);
  void cancel(uint64_t id, uint32_t serial);

  // What calls bring back.
  Job* open_job(uint64_t id, uint32_t serial);
  void sent(uint64_t id, uint32_t serial, Seconds now);
  Verdict answered(uint64_t id, uint32_t serial, const Answer& answer, Seconds now);
  void failed(uint64_t id, uint32_t serial, Seconds now);
  void given_back(uint64_t id, uint32_t serial, Seconds now);
  void released(uint64_t id, uint32_t serial);
  void outgrown(uint64_t id, uint32_t serial);
  void end_call(Job& job, CircuitResult result, Seconds now);
  std::optional<Ticket> retry(Job& job, const Answer& answer, Seconds now);
  Ticket wait_again(Job& job, Seconds delay, Seconds now);

  // What the fleet is asked (governor_share.cc).
  void want_parts(Family& family);
  Family* close_parts(uint64_t id);

  // What the watcher is told (governor_news.cc).
  void note_wait(Slot& slot, std::string_view route, Seconds wait, Seconds now);
  void note_circuit(const std::string& name, Host& host, Seconds now);
  void look_for_room(Seconds now);
  void look_at(Slot& slot, Seconds now);
  void look_no_later(Seconds when);

  Options options_;
  Watcher* watcher_ = nullptr;
  std::optional<Seconds> look_at_;  // for limits that have room again
  Jitter jitter_;
  RetryPolicy retries_;
  QueueTotals totals_;
  std::unique_ptr<ShareBoard> board_;  // null: limits are not shared
  std::deque<FamilyKey> parts_due_;
  std::unordered_map<uint64_t, FamilyKey> parts_asked_;
  uint64_t last_parts_id_ = 0;
  FamilyTable families_;
  uint64_t next_id_ = 0;
  Seconds now_ = 0;  // the latest that was told
  std::array<uint64_t, 6> answers_{};

  Jobs jobs_;
  std::vector<Jobs::node_type> spare_jobs_;                  // with the memory of earlier requests
  std::set<std::tuple<Seconds, uint64_t, Slot*>> schedule_;  // when, slot id
  std::set<std::pair<Seconds, uint64_t>> delayed_;           // due, job
  std::deque<Doomed> doomed_;
};

}  // namespace postern::limits
