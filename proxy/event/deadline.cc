#include "event/deadline.h"

#include <algorithm>
#include <utility>

namespace postern::event {

Deadline::Deadline(Loop& loop, std::function<void()> callback)
    : loop_(loop), callback_(std::move(callback)) {
  evtimer_assign(&timer_, loop.base(), &Deadline::on_timer, this);
}

Deadline::~Deadline() {
  evtimer_del(&timer_);
}

void Deadline::set(Instant when) {
  when_ = when;
  if (when < armed_for_) arm(when);
}

void Deadline::arm(Instant when) {
  using std::chrono::microseconds;
  armed_for_ = when;
  // One millisecond more: the loop's clock is coarse and must not wake us early.
  Duration delay = std::max(when - loop_.now(), Duration::zero()) + std::chrono::milliseconds(1);
  auto us = std::chrono::duration_cast<microseconds>(delay).count();
  timeval tv{static_cast<time_t>(us / 1000000), static_cast<suseconds_t>(us % 1000000)};
  evtimer_add(&timer_, &tv);
}

void Deadline::on_timer(int, short, void* self) {
  auto* deadline = static_cast<Deadline*>(self);
  Loop& loop = deadline->loop_;  // the callback may destroy the deadline
  deadline->armed_for_ = kNever;
  if (deadline->when_ == kNever) return;
  if (loop.now() < deadline->when_) {
    deadline->arm(deadline->when_);
    return;
  }
  deadline->when_ = kNever;
  auto callback = deadline->callback_;  // a copy, for the same reason
  callback();
  loop.settle();
}

}  // namespace postern::event
