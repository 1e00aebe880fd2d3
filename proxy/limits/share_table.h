// The common book of one counter: the last word of each replica, and what has been allotted in each
// window. Answers questions one at a time, so that what is allotted in a window never adds up to
// more than its budget, whatever the replicas know of each other.
//
// First come those who wait already, max-min fair; what is left goes to calls that are likely to
// come, and then in proportion to those. What nobody has been given stays for whoever asks later in
// the window: a replica that was idle, or one that has more waiting than it was given.
//
// No Postern keeps one: Redis runs the same as a script (share_script.cc). This is what the script
// is written after and says why, a test compares them, and tests and benchmarks of fleets ask it in
// place of a Redis. A value, no clock: who keeps it forgets it when nobody has asked for life_of()
// a question.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "limits/seconds.h"
#include "limits/share.h"

namespace postern::limits {

class ShareTable final {
 public:
  ShareAnswer answer(const ShareQuestion& question);

  // How long the table is to be kept after this question. A table that has only heard of replicas
  // that know no window is not kept alive by more of those: its few calls come anew.
  static Seconds life_of(const ShareQuestion& question);
  bool has_window() const { return !words_.empty(); }

 private:
  // What a replica said last.
  struct Word {
    int64_t reset = 0;
    int64_t length = 0;  // 0: not sure
    int64_t waiting = 0;
    int64_t expected = 0;
    int64_t calls = 0;  // allotted to it
  };
  // One replica's part of one window.
  struct Part {
    int64_t allotted = 0;
    int64_t used = 0;
    bool told = false;  // count is its report, after the window's end
    ShareCount count;

    int64_t taken() const { return allotted > used ? allotted : used; }
  };
  using Window = std::map<std::string, Part>;

  ShareAnswer answer_newcomer(const ShareQuestion& question);
  void forget(const ShareQuestion& question);
  void note(const ShareQuestion& question);
  int64_t grant_now(const ShareQuestion& question);
  int64_t grant_next(const ShareQuestion& question);
  int64_t grant_slots(const ShareQuestion& question);
  double fair_for(const ShareQuestion& question) const;
  int64_t taken_by_others(const ShareQuestion& question, int64_t reset) const;
  int64_t most_while_young(const ShareQuestion& question, int64_t most) const;
  ShareCount sum_of(int64_t reset) const;
  int64_t sure_length() const;

  std::map<std::string, Word> words_;
  std::map<int64_t, Window> windows_;  // by Reset
  int64_t born_ = 0;                   // the first window it heard of
  int64_t newcomers_of_ = 0;           // the last window known when newcomers last asked
  int64_t newcomers_ = 0;              // calls they were given then
};

}  // namespace postern::limits
