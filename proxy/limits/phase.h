// Which window a call lands in: what is known of the limiter's clock, learned from Resets and the
// moments of sending alone.
//
// x = limiter's clock when a call arrives there − boot clock when it was sent. It holds the offset
// of the clocks and the way there, and so varies a little from call to call: [lo, hi] bounds it. An
// answer with Reset R for a window of W seconds proves  R − W − sent <= x < R − sent. No wall clock
// and no halved round trip enter; Date helps the first guess only.
//
// One limiter clock per host. Moments and spans are seconds.
#pragma once

#include <cstdint>
#include <optional>

#include "limits/seconds.h"

namespace postern::limits {

// One answer, as far as it tells about the clock.
struct Landing {
  Seconds sent = 0;
  Seconds received = 0;
  int64_t reset = 0;
  int64_t window = 1;
  bool window_is_sure = false;  // otherwise the start of the window proves nothing
  bool rejected = false;        // by the window
  std::optional<int64_t> date;
};

class Phase final {
 public:
  bool is_known() const { return known_; }
  Seconds lo() const { return lo_; }
  Seconds hi() const { return hi_; }

  // Clocks drift while nobody looks. Call before asking for lo() or hi().
  void age(Seconds now);
  // False: the Reset is far from where the call must have landed, and was not believed.
  bool observe(const Landing& landing);

  // Rejected three times running by a window thought not to have begun: the clock must have moved.
  bool is_lost() const { return early_ >= 3; }
  Seconds corrected_at() const { return corrected_at_; }
  // Boundaries crossed as planned, since the last surprise.
  int confidence() const { return confidence_; }

  Seconds mean_call_time() const { return mean_; }
  Seconds least_call_time() const { return least_; }
  // A call that takes longer has stalled somewhere.
  Seconds slow_from() const { return 3 * mean_ > 0.3 ? 3 * mean_ : 0.3; }

 private:
  static constexpr Seconds kLeastStep = 0.005;

  void start(const Landing& landing);
  void restart(const Landing& landing);
  bool contradicts(const Landing& landing) const;
  void time_call(Seconds took);
  bool is_implausible(const Landing& landing) const;
  bool is_slow(Seconds took) const { return took > slow_from(); }
  Seconds margin() const;  // least width of [lo, hi]
  void landed_early(const Landing& landing, Seconds bound);
  void landed_late(const Landing& landing, Seconds bound);
  void landed_inside(const Landing& landing, Seconds from, Seconds to);
  void tighten(const Landing& landing, Seconds from, Seconds to);

  bool known_ = false;
  bool provisional_ = false;  // begun before the length of the window was sure
  Seconds lo_ = 0;
  Seconds hi_ = 0;
  Seconds seen_ = 0;           // last answer, or what ageing has been done for
  Seconds step_ = kLeastStep;  // how far lo moves at the next early landing
  Seconds corrected_at_ = -1e18;
  Seconds mean_ = 0;
  Seconds least_ = 0;
  int early_ = 0;   // early rejections in a row
  int inside_ = 0;  // landings inside in a row
  int late_windows_ = 0;
  int64_t late_reset_ = 0;
  Seconds late_from_ = 0;  // what all late landings since the last relief prove
  int confidence_ = 0;
  int64_t confident_begin_ = 0;  // of the window that was last counted
  int implausible_ = 0;          // in a row
};

}  // namespace postern::limits
