#include "limits/share_board.h"

#include <iterator>

namespace postern::limits {

void ShareBoard::book(FleetShare& share, std::optional<Seconds> before,
                      std::optional<Seconds> when) {
  if (before) bookings_.erase({*before, &share});
  if (when) bookings_.insert({*when, &share});
}

std::optional<Seconds> ShareBoard::earliest() const {
  if (bookings_.empty()) return std::nullopt;
  return bookings_.begin()->first;
}

FleetShare* ShareBoard::due(Seconds now) const {
  if (bookings_.empty() || bookings_.begin()->first > now) return nullptr;
  return bookings_.begin()->second;
}

uint64_t ShareBoard::open(FleetShare& share) {
  questions_.emplace(++last_id_, &share);
  return last_id_;
}

FleetShare* ShareBoard::close(uint64_t id) {
  const auto found = questions_.find(id);
  if (found == questions_.end()) return nullptr;
  FleetShare* share = found->second;
  questions_.erase(found);
  return share;
}

void ShareBoard::forget(const FleetShare& share) {
  for (auto at = questions_.begin(); at != questions_.end();)
    at = at->second == &share ? questions_.erase(at) : std::next(at);
}

}  // namespace postern::limits
