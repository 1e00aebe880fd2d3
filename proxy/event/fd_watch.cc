#include "event/fd_watch.h"

namespace postern::event {

FdWatch::FdWatch(Loop& loop, int fd, FdEvents& events) : loop_(loop), events_(events) {
  event_assign(&event_, loop.base(), fd, EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST,
               &FdWatch::on_event, this);
  event_add(&event_, nullptr);
}

FdWatch::~FdWatch() {
  event_del(&event_);
}

void FdWatch::wake() {
  event_active(&event_, EV_READ, 0);
}

void FdWatch::on_event(int, short what, void* self) {
  auto* watch = static_cast<FdWatch*>(self);
  Loop& loop = watch->loop_;  // the watch may be gone after the call
  watch->events_.on_ready({(what & EV_READ) != 0, (what & EV_WRITE) != 0, (what & EV_CLOSED) != 0});
  loop.settle();
}

}  // namespace postern::event
