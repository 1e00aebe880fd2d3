// Deadline: calls back when a moment has come, unless it was moved or cleared before.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <functional>

#include "event/loop.h"

namespace postern::event {

// Made to be moved often: moving it later or clearing it costs an assignment, since the timer
// underneath is only touched when a deadline comes earlier than the one it is set to. It may fire
// up to a few milliseconds late, never early; and, since the timer does not count the time of a
// suspend, later by that. Destroying it cancels. Loop thread.
class Deadline final {
 public:
  Deadline(Loop& loop, std::function<void()> callback);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline();

  void set(Instant when);
  void set_after(Duration delay) { set(loop_.now() + delay); }
  void clear() { when_ = kNever; }
  bool is_set() const { return when_ != kNever; }

 private:
  static constexpr Instant kNever = Instant::max();
  static void on_timer(int fd, short what, void* self);
  void arm(Instant when);

  Loop& loop_;
  std::function<void()> callback_;
  Instant when_ = kNever;
  Instant armed_for_ = kNever;  // kNever: the timer is not running
  ::event timer_;
};

}  // namespace postern::event
