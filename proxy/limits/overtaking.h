// Who comes later and goes first. Callers take turns, so one that has little waiting passes whoever
// has much of it, again and again; the wait of the latter is longer than what is before it now.
#pragma once

#include <cstddef>

#include "limits/seconds.h"

namespace postern::limits {

class Overtaking final {
 public:
  // A request has joined `size` others that wait, of which `ahead` will go before it.
  void on_join(size_t ahead, size_t size, Seconds now);

  // How many will have gone before a request at this place, those that overtake it included.
  // `rate`: calls per second that go; 0: no bound.
  double before(size_t ahead, size_t size, double rate, Seconds now) const;

 private:
  double sum_ = 0;      // requests that have joined, each by the share of the queue that it passed;
                        // older ones count less
  Seconds since_ = -1;  // when the first one joined
  Seconds last_ = 0;
};

}  // namespace postern::limits
