// Admission: the limits governor at work. It wakes the governor when that wants to be asked, brings
// its news to the exchanges that wait, and notices leave that is not made use of.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/timer.h"
#include "limits/fleet_listener.h"
#include "limits/governor.h"

namespace postern::relay {

// One for all exchanges; must outlive their passes. Loop thread.
class Admission final : public limits::FleetListener {
 public:
  // What the holder of a pass is told: always from the timer, never from inside another call of
  // this class.
  class Holder {
   public:
    virtual ~Holder() = default;
    virtual void on_admitted() = 0;                           // the wait is over: send now
    virtual void on_refused(const limits::Refusal& why) = 0;  // all hope is lost
    virtual void on_unsent() = 0;  // admitted kMostUnsent ago, and still not sent
  };

  class Pass;

  Admission(const limits::Options& options, const Clock& clock, Timers& timers);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;
  ~Admission() override;

  void set_options(const limits::Options& options);
  // Who is told of limits used up and hosts that rest; must outlive this. Before the first request.
  void watch(limits::Watcher& watcher) { governor_.watch(watcher); }

  // Limits are shared with the other Posterns of the fleet, among whom this one is called `replica`
  // (random per process). Questions are asked from the timer; the fleet must outlive this. Before
  // the first request.
  void share(std::string replica, limits::Fleet& fleet);
  void set_listed(int64_t replicas) { governor_.set_listed(replicas); }  // REQUIRES: share()
  void on_share_answer(uint64_t id, const std::optional<limits::ShareAnswer>& answer) override;
  void on_parts_answer(uint64_t id, const std::optional<limits::PartsAnswer>& answer) override;

  // For operators.
  limits::Explanation explain(const limits::Request& request) {
    return governor_.explain(request, clock_.now());
  }
  std::vector<limits::BucketReport> report(size_t most) const {
    return governor_.report(clock_.now(), most);
  }
  std::vector<limits::BucketFigures> figures(size_t most) const {
    return governor_.figures(clock_.now(), most);
  }
  const limits::Governor& governor() const { return governor_; }

  // Everyone who waits is refused before this returns: the process ends. Not from inside a holder.
  void refuse_all();

  // Longer ago, the moment that the call was let go for is no longer the moment that it goes.
  static constexpr Duration kMostUnsent = std::chrono::milliseconds(50);

 private:
  void on_wake();
  void on_late();
  void ask_fleet();
  void look_again();
  void watch(Pass& pass);
  void unwatch(Pass& pass);

  static constexpr Instant kNever = Instant::max();

  const Clock& clock_;
  limits::Governor governor_;
  limits::Fleet* fleet_ = nullptr;  // null: limits are not shared
  std::unique_ptr<Timer> wake_;
  std::unique_ptr<Timer> late_;
  Instant wake_at_ = kNever;  // what wake_ is set to
  bool late_is_set_ = false;
  Pass* first_unsent_ = nullptr;  // in the order of being admitted
  Pass* last_unsent_ = nullptr;
};

// One request's dealings with the governor: nothing, a place in the queue, or leave to send one
// call. Destroying it gives up what it holds.
class Admission::Pass final {
 public:
  Pass(Admission* admission, Holder& holder) : admission_(admission), holder_(holder) {}
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  ~Pass() { drop(); }

  enum class Answer : uint8_t { kGo, kWait, kRefused };
  // The request's tag is the pass's own. REQUIRES: holds nothing.
  Answer ask(limits::Request request);
  const limits::Refusal& refusal() const { return refusal_; }  // after kRefused

  bool waits() const { return static_cast<bool>(ticket_); }
  bool is_admitted() const { return static_cast<bool>(permit_); }
  void stop_watching() { is_watched_ = false; }  // no on_unsent() before the next call is sent

  void on_sent(Instant now);
  void on_outgrown() { permit_.on_outgrown(); }
  // True: it waits again, to be sent again. `retry_after`: to be added to a 429 that has none.
  bool on_answer(const limits::Answer& answer, std::optional<Duration>& retry_after);
  void on_failure();  // of the host
  void give_back();   // not sent, and will not be soon
  void drop();

 private:
  friend class Admission;
  void accept(limits::Ready ready);
  void hold(limits::Permit permit, Instant now);
  Instant now() const { return admission_->clock_.now(); }

  Admission* admission_;  // null: nobody asks
  Holder& holder_;
  limits::Ticket ticket_;
  limits::Permit permit_;
  limits::Refusal refusal_;
  bool is_watched_ = true;
  // Among those admitted and not sent yet.
  bool is_unsent_ = false;
  Instant admitted_{};
  Pass* before_ = nullptr;
  Pass* after_ = nullptr;
};

}  // namespace postern::relay
