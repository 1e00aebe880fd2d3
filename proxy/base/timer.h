// Timers for the folders that know no event loop; event::Deadline stands behind them, a fake in
// tests.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"

namespace postern {

// One moment to be woken at. Setting it again moves it; destroying it clears it. Loop thread.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void set(Instant when) = 0;
  virtual void set_soon() = 0;  // as soon as the current event has been dealt with
  virtual void clear() = 0;
};

class Timers {
 public:
  virtual ~Timers() = default;
  // `callback` runs on the loop thread, never from inside set() or set_soon().
  virtual std::unique_ptr<Timer> make(std::function<void()> callback) = 0;
};

}  // namespace postern
