#include "event/watchdog.h"

#include <chrono>
#include <utility>

#include "base/thread.h"

namespace postern::event {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(1);

// Stands still while the machine is suspended, unlike the loop's clock.
Duration awake_time() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

Watchdog::Watchdog(Loop& loop, Duration bound, std::function<void()> on_stall)
    : bound_(bound), on_stall_(std::move(on_stall)), next_beat_(loop, [this] { beat(); }) {
  beat();
  thread_ = start_without_signals([this] { run(); });
}

Watchdog::~Watchdog() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::beat() {
  beats_.fetch_add(1, std::memory_order_relaxed);
  next_beat_.set_after(kPeriod);
}

void Watchdog::run() {
  StallMeter meter(kPeriod, bound_);
  MutexLock lock(mutex_);
  while (!stopping_) {
    const bool is_news = meter.look(beats_.load(std::memory_order_relaxed), awake_time());
    stalls_ = meter.stalls();
    if (is_news) on_stall_();
    changed_.wait_for(mutex_, kPeriod);
  }
}

Stalls Watchdog::stalls() const {
  MutexLock lock(mutex_);
  Stalls stalls = stalls_;
  if (stalls.last_seen) stalls.last_seen = awake_time() - *stalls.last_seen;
  return stalls;
}

}  // namespace postern::event
