// Others who draw on the same counter (the user's own browser, another Postern), seen through the
// rank of our calls: the highest rank in a window less our own successes. What they are likely to
// take is left to them; when we are rejected all the same, a ceiling gives way and returns.
#pragma once

#include "limits/seconds.h"

namespace postern::limits {

// A window that is over.
struct WindowSummary {
  double limit = 0;
  double answered = 0;  // our calls charged to it, rejected ones included
  double served = 0;    // those that the window did not reject, as far as is known
  double max_rank = 0;  // highest place in the count that an answer has shown; 0: none
  double position = 0;  // of the call with that rank, as a share of the window
  double rejected = 0;
  bool used_up = false;  // calls waited for lack of budget
};

class Foreign final {
 public:
  // Forecast for a window: what others have taken so far, and `rest` (0 to 1) of it to come.
  double expected(double seen, double rest) const;
  double mean() const { return mean_; }
  // The most that may be sent in a window of this limit.
  double ceiling(double limit) const { return limit < ceiling_ ? limit : ceiling_; }
  // They were not there when a window was last looked at, and it was left too early to be sure.
  bool may_have_gone() const { return may_have_gone_; }
  // Foreign calls were seen at most a minute before.
  bool was_seen(Seconds now) const { return now - seen_at_ < 60; }

  void limit_changed(double before, double after);
  void window_over(const WindowSummary& window, Seconds now);

 private:
  void learn(double calls, bool rejected);
  void adapt(const WindowSummary& window, double calls);

  double mean_ = 0;        // foreign calls per window
  double deviation_ = 0;   // their mean deviation
  double ceiling_ = 1e18;  // above every limit until it has given way
  double congestion_ = 0;  // share of recent windows in which others made us be rejected
  int quiet_ = 0;          // windows in a row without foreign calls
  bool may_have_gone_ = false;
  Seconds seen_at_ = -1e18;
};

}  // namespace postern::limits
