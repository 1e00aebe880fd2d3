// One bucket's part of a budget that a fleet shares: how many calls of a window may go from here,
// and when to ask for more.
//
// Once per window, shortly before its end, it says what waits and what is likely to come, and is
// told its part of the next window. A replica that was idle asks when its first request comes. No
// window has more than one question: who asked early waits for the end of the next one. While no
// window is known a second is taken for one, and kLongest of a window that is longer. Without an
// answer in time each replica takes an equal part of the budget (equal_parts()), until answers
// come again.
//
// No I/O; owned by the slot of the bucket, on the loop thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "limits/seconds.h"
#include "limits/share.h"
#include "limits/share_board.h"

namespace postern::limits {

struct Slot;

// What the bucket and its queue know when a question is asked.
struct ShareView {
  int64_t reset = 0;  // of the present window; 0: not known
  int64_t length = 0;
  bool is_sure = false;  // of the length
  Seconds ends = 0;      // here
  int64_t budget = 0;
  int64_t used = 0;
  int64_t waiting = 0;
  int64_t slots = 0;
  ShareCount past;
};

// For operators: as the last answer said.
struct ShareStatus {
  std::string part;  // among the counters of its group, as the fleet calls it; empty: the first one
  int64_t replicas = 1;             // that share it
  bool is_alone = false;            // nobody answers: an equal part of the budget goes from here
  std::optional<Seconds> age;       // of the answer; nothing: there was none yet that knew windows
  bool is_over = false;             // the window that it tells of is over
  std::optional<int64_t> budget;    // calls of that window that the fleet may make
  std::optional<int64_t> taken;     // of them, by all: spent, or set aside for one
  std::optional<int64_t> own;       // of those, by this replica
  std::optional<ShareCount> spent;  // a window before it, which all have told of since
};

class FleetShare final {
 public:
  // The board and the slot must outlive this.
  FleetShare(ShareBoard& board, Slot& slot);
  ~FleetShare();
  FleetShare(const FleetShare&) = delete;  // the board points to it
  FleetShare& operator=(const FleetShare&) = delete;

  Slot& slot() const { return *slot_; }
  void on_arrival(Seconds now);

  // Calls of the window that may go from here; of a window that nothing is known of, none, or an
  // equal part of `budget` while nobody answers.
  double allotted(int64_t reset, double budget, Seconds now);
  // A call is held up that an answer might let go, in the window with this Reset; 0: none is known.
  void on_held_up(int64_t reset, Seconds now);
  // Will an answer tell the part of this window, within kPatience? 0: no window is known.
  bool is_awaited(int64_t reset, Seconds now) const;
  // When what allotted() says may change without an answer.
  std::optional<Seconds> gives_up_at() const;
  // By how many the budget is divided while nobody answers: those who were idle count as well, for
  // they may wake up meanwhile.
  int64_t equal_parts() const;

  // Calls that may be under way while no window is known.
  int64_t unheard(Seconds now);
  // At the same time; `all` are the fleet's.
  int64_t slots(int64_t all, Seconds now);
  // Calls of a window that could be had, did many wait.
  double fair(double budget) const;
  // Had it been, before the last question?
  bool was_idle() const { return was_idle_; }
  // Part of a call that this replica is ahead of the pace by, in this window.
  double stagger(int64_t reset) const;
  int64_t replicas() const { return replicas_; }
  ShareStatus status(Seconds now) const;
  bool is_alone() const { return away_; }  // nobody answers

  // REQUIRES: the board says that it is due. None: there is nothing to ask.
  std::optional<ShareQuestion> ask(const ShareView& view, Seconds now);
  void on_answer(const ShareAnswer& answer, Seconds now);
  void on_failure(Seconds now);

  static constexpr Seconds kShortest = 1;  // window there is
  static constexpr Seconds kLongest = 5;
  static constexpr Seconds kPatience = 0.1;  // for an answer, before going on without

 private:
  struct Allotment {
    int64_t reset = 0;
    double calls = 0;
  };

  // What was asked of a window, and what came of it.
  struct Told {
    ShareAnswer answer;
    int64_t budget = 0;
    int64_t own = 0;
    Seconds at = 0;
    Seconds ends = 0;  // the window
  };

  void book(std::optional<Seconds> when);
  void book_next(const ShareView& view, Seconds now);
  void give_up_when_overdue(Seconds now);
  void learn_rate(Seconds now);
  int64_t expected(const ShareView& view);
  int64_t headroom() const;
  Seconds free_from(const ShareView& view) const;
  const Allotment* find(int64_t reset) const;
  void allot(int64_t reset, double calls);
  Seconds period() const;

  ShareBoard* board_;
  Slot* slot_;
  double place_;                        // 0 to 1, differs between replicas
  std::optional<Seconds> due_;          // as the board has it
  std::optional<ShareQuestion> asked_;  // waits for its answer
  Seconds asked_window_ends_ = 0;
  std::optional<Told> told_;  // the last of a known window
  Seconds asked_at_ = -1e18;  // the last question
  int64_t asked_in_ = 0;      // the window that it told of, by its Reset
  bool was_idle_ = false;     // for two windows before it
  std::array<Allotment, 4> allotments_{};
  size_t next_ = 0;  // of allotments_, to be written over

  int64_t length_ = 0;
  int64_t replicas_ = 1;
  int64_t slots_ = 0;
  int64_t unheard_ = 0;
  double fair_ = 0;
  bool away_ = false;
  double part_;  // of a call that an equal part of the budget has left over

  int64_t arrivals_ = 0;  // since the last question
  double rate_ = 0;       // per second
  double remainder_ = 0;  // of an expected call
};

}  // namespace postern::limits
