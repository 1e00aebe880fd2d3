// Watchdog: a thread that sees whether the loop turns, and says so while it does not.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "base/mutex.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "event/stall_meter.h"

namespace postern::event {

// Made and destroyed on the loop's thread; `loop` must outlive it.
class Watchdog final {
 public:
  // `on_stall` is called on the watchdog's own thread as soon as the loop has not turned for longer
  // than `bound`.
  Watchdog(Loop& loop, Duration bound, std::function<void()> on_stall);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  // Any thread. `last_seen` is how long ago that was.
  Stalls stalls() const;

 private:
  void beat();
  void run();

  const Duration bound_;
  const std::function<void()> on_stall_;
  std::atomic<uint64_t> beats_ = 0;
  Deadline next_beat_;
  mutable Mutex mutex_;
  Condition changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Stalls stalls_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace postern::event
