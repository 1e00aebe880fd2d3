// The part of Governor that tells its watcher what has changed.
#include <algorithm>

#include "limits/governor.h"

namespace postern::limits {
namespace {

LimitNews news_of(const Slot& slot, std::string_view route, Seconds now) {
  LimitNews news{slot.family->key(), route, slot.bucket.status(now)};
  news.waiting = slot.queue.size();
  news.lasted = duration(slot.fullness.lasted());
  return news;
}

}  // namespace

// That a host rests has been told, and is no matter of its limits.
void Governor::note_wait(Slot& slot, std::string_view route, Seconds wait, Seconds now) {
  if (watcher_ == nullptr || !slot.family->host().circuit.is_closed()) return;
  if (!slot.fullness.on_wait(wait, now)) return;
  look_no_later(slot.fullness.look_at());
  LimitNews news = news_of(slot, route, now);
  news.wait = duration(wait);
  watcher_->on_full(news);
}

// Once a minute at the most, and only while a limit is said to be used up.
void Governor::look_for_room(Seconds now) {
  look_at_.reset();
  for (const Family& family : families_.all()) {
    for (const std::unique_ptr<Slot>& slot : family.slots()) {
      if (slot->fullness.is_full()) look_at(*slot, now);
    }
  }
}

void Governor::look_at(Slot& slot, Seconds now) {
  const std::vector<std::string_view> routes = slot.family->routes_of(slot);
  const LimitNews news = news_of(slot, routes.empty() ? "" : routes.front(), now);
  if (slot.fullness.on_look(!slot.queue.empty(), now)) return watcher_->on_room(news);
  look_no_later(std::max(slot.fullness.look_at(), now + Fullness::kQuiet));
}

void Governor::look_no_later(Seconds when) {
  look_at_ = look_at_ ? std::min(*look_at_, when) : when;
}

void Governor::note_circuit(const std::string& name, Host& host, Seconds now) {
  if (!host.circuit.is_closed()) host.resting_since = now;
  if (watcher_ == nullptr) return;
  if (host.circuit.is_closed()) {
    watcher_->on_back(name, duration(now - host.resting_since));
  } else {
    watcher_->on_resting(name, duration(host.circuit.rests_until() - now));
  }
}

}  // namespace postern::limits
