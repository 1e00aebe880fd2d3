// Observer: is told of every request that is over, for metrics and the list of the last requests.
#pragma once

#include "relay/access_log.h"

namespace postern::relay {

class Observer {
 public:
  virtual ~Observer() = default;
  // Once for each head that was read, refused ones included. The record's views live as long as the
  // call. Loop thread, on the way of the request: no more than some counters and a copy.
  // `record.bodies` is null unless Relay::keep_bodies() was called.
  virtual void on_finished(const AccessRecord& record) = 0;
};

}  // namespace postern::relay
