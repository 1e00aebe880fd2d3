// Timers on the event loop: base/timer.h's over event::Deadline.
#pragma once

#include "base/timer.h"
#include "event/loop.h"

namespace postern::runtime {

// The loop must outlive it, and every timer that it makes. Loop thread.
class LoopTimers final : public Timers {
 public:
  explicit LoopTimers(event::Loop& loop) : loop_(loop) {}
  std::unique_ptr<Timer> make(std::function<void()> callback) override;

 private:
  event::Loop& loop_;
};

}  // namespace postern::runtime
