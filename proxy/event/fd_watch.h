// FdWatch: tells when a descriptor has become readable or writable, or when its peer has closed.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include "event/loop.h"

namespace postern::event {

struct Readiness {
  bool readable = false;
  bool writable = false;
  bool closed = false;  // the peer has sent FIN (EPOLLRDHUP); bytes may still be waiting
};

class FdEvents {
 public:
  virtual ~FdEvents() = default;
  virtual void on_ready(Readiness ready) noexcept = 0;
};

// Edge-triggered, one epoll_ctl for the life of the descriptor: whoever is told must read or write
// until it would block, or call wake(). Does not own the descriptor; must go before it is closed.
class FdWatch final {
 public:
  FdWatch(Loop& loop, int fd, FdEvents& events);
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  ~FdWatch();

  // Calls on_ready(readable) again in the next turn, after the others have had theirs.
  void wake();

 private:
  static void on_event(int fd, short what, void* self);
  Loop& loop_;
  FdEvents& events_;
  ::event event_;
};

}  // namespace postern::event
