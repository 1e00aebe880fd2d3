// How many calls of a bucket may be in flight: the limit that answers tell, less what others seem
// to occupy, less what a rejection has shown to be too many.
#pragma once

#include <cstdint>

#include "limits/seconds.h"

namespace postern::limits {

class Concurrency final {
 public:
  // `most` bounds it whatever Sentry allows; it stands alone until an answer tells a limit.
  explicit Concurrency(int64_t most) : most_(most) {}

  int64_t allowed() const;  // at least 1
  // The same, what others hold not taken off. At least 1.
  int64_t of_all() const;
  void set_most(int64_t most) { most_ = most; }

  void told(int64_t limit);
  // A served call that was sent when `in_flight` calls, itself included, were on their way.
  void served(int64_t remaining, int64_t in_flight, Seconds now);
  void rejected(int64_t in_flight, Seconds now);
  // The same, where the calls of a whole fleet are on their way, as many as are thought to be
  // right: what is in flight here says little.
  void rejected_in_fleet(Seconds now) { lower(of_all(), now); }

 private:
  void lower(int64_t slots, Seconds now);

  int64_t most_;
  bool known_ = false;
  double limit_ = 0;
  double cap_ = 0;      // limit_ unless rejections have lowered it
  double foreign_ = 0;  // slots that others hold, on average
  Seconds rejected_at_ = -1e18;
};

}  // namespace postern::limits
