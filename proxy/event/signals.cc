#include "event/signals.h"

#include <utility>

namespace postern::event {

Signals::Signals(Loop& loop, const std::vector<int>& signals, std::function<void(int)> callback)
    : loop_(loop), callback_(std::move(callback)) {
  for (int signal : signals) {
    events_.emplace_back();
    evsignal_assign(&events_.back(), loop.base(), signal, &Signals::on_signal, this);
    evsignal_add(&events_.back(), nullptr);
  }
}

Signals::~Signals() {
  for (::event& e : events_) evsignal_del(&e);
}

void Signals::on_signal(int signal, short, void* self) {
  auto* signals = static_cast<Signals*>(self);
  signals->callback_(signal);
  signals->loop_.settle();
}

}  // namespace postern::event
