// A rate learned from rejections alone, for a limiter that says 429 and nothing else: lowered when
// rejected, raised slowly while served, forgotten after ten calm minutes.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "limits/seconds.h"

namespace postern::limits {

class LearnedRate final {
 public:
  bool is_limiting() const { return rate_ > 0; }
  double rate() const { return rate_; }  // calls per second; 0: no limit known
  // When the next call may go; `now` or earlier: at once.
  Seconds next(Seconds now) const;

  void sent(Seconds now);
  void served(Seconds now);
  void rejected(Seconds now);

 private:
  double refilled(Seconds now) const;
  double depth() const;

  double rate_ = 0;
  double tokens_ = 0;
  Seconds refilled_at_ = 0;
  Seconds raised_at_ = 0;
  Seconds rejected_at_ = -1e18;  // when the last lesson was learned
  double served_since_ = 0;      // answers since then
  double rejected_since_ = 0;
  std::deque<Seconds> recent_;  // calls of the last two seconds, at most kRecent
  static constexpr size_t kRecent = 4096;
};

}  // namespace postern::limits
