// Signals: process signals as ordinary events of the loop.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <deque>
#include <functional>
#include <vector>

#include "event/loop.h"

namespace postern::event {

// One per process and loop. Handlers are installed while it lives; PID 1 gets no defaults from the
// kernel, so make it early.
class Signals final {
 public:
  Signals(Loop& loop, const std::vector<int>& signals, std::function<void(int)> callback);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

 private:
  static void on_signal(int signal, short what, void* self);
  Loop& loop_;
  std::function<void(int)> callback_;
  std::deque<::event> events_;  // a deque: libevent keeps their addresses
};

}  // namespace postern::event
