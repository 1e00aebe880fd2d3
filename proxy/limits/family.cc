#include "limits/family.h"

#include <algorithm>
#include <utility>

namespace postern::limits {

Family::Family(FamilyKey key, Host& host, const Frame& frame)
    : key_(std::move(key)), host_(&host), frame_(frame) {
  if (frame.board != nullptr) parts_ = std::make_unique<Parts>();
  make_slot();
}

void Family::set_frame(const Frame& frame) {
  frame_ = frame;
  for (const std::unique_ptr<Slot>& slot : slots_) {
    slot->bucket.set_options(frame.bucket);
    slot->queue.set_bounds(frame.bounds);
  }
}

size_t Family::make_slot() {
  // Where limits are shared, the first has a meaning of its own.
  for (size_t i = parts_ ? 1 : 0; i < slots_.size(); ++i) {
    const auto is_in = [&](const Route& route) { return route.slot == i; };
    if (std::none_of(routes_.begin(), routes_.end(), is_in) && slots_[i]->queue.empty()) {
      Slot& slot = *slots_[i];
      if (frame_.board != nullptr) slot.share = std::make_unique<FleetShare>(*frame_.board, slot);
      slot.name.clear();
      slot.bucket = Bucket(frame_.bucket, host_->phase, slot.share.get());
      return i;
    }
  }
  slots_.push_back(std::make_unique<Slot>(++*frame_.next_id, *this, frame_.bucket, frame_.bounds,
                                          *frame_.totals, host_->phase, frame_.board));
  return slots_.size() - 1;
}

const Family::Route* Family::find(std::string_view name) const {
  if (const auto found = by_name_.find(name); found != by_name_.end())
    return &routes_[found->second];
  return routes_.size() == kMostRoutes ? &routes_.back() : nullptr;
}

// A newcomer starts where most of the family is: in the bucket of the busiest route.
size_t Family::slot_index_for(std::string_view name) const {
  if (const Route* known = find(name)) return known->slot;
  if (parts_) {
    const std::string_view bucket = parts_->bucket_of(name);
    for (size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i]->name == bucket) return i;
    return 0;
  }
  const Route* busiest = nullptr;
  for (const Route& route : routes_) {
    if (busiest == nullptr || route.calls > busiest->calls) busiest = &route;
  }
  return busiest == nullptr ? 0 : busiest->slot;
}

RouteId Family::route(std::string_view name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  if (routes_.size() == kMostRoutes) return static_cast<RouteId>(kMostRoutes - 1);
  Route route;
  route.name = routes_.size() + 1 == kMostRoutes ? kOtherRoutes : name;
  route.slot = parts_ ? slot_named(parts_->bucket_of(route.name)) : slot_index_for(name);
  routes_.push_back(std::move(route));
  const auto id = static_cast<RouteId>(routes_.size() - 1);
  by_name_.emplace(routes_.back().name, id);
  return id;
}

std::vector<std::string_view> Family::routes_of(const Slot& slot) const {
  std::vector<std::string_view> names;
  for (const Route& route : routes_)
    if (slots_[route.slot].get() == &slot) names.push_back(route.name);
  return names;
}

bool Family::observe(RouteId route, const Answer& answer, Seconds now) {
  ++routes_[route].calls;
  const LimitHeaders& headers = answer.headers;
  if (routes_.size() < 2 || !headers.has_window()) return false;
  Rank rank;
  rank.route = route;
  rank.limit = *headers.limit;
  rank.window = std::max<int64_t>(1, slot_of(route).bucket.window());
  rank.rank = answer.kind == AnswerKind::kWindow ? 0 : *headers.limit - *headers.remaining;
  rank.reset = *headers.reset;
  sharing_.add(rank);
  const Judgement judgement = sharing_.judge(rank.reset, rank.window, now);
  bool moved = false;
  for (const RoutePair& pair : judgement.separate)
    if (routes_[pair.a].slot == routes_[pair.b].slot) moved = part(pair.a, now) || moved;
  for (const RoutePair& pair : judgement.together) moved = join(pair, now) || moved;
  return moved;
}

// Spreads the routes of the bucket that this one is in; the busiest stay.
bool Family::part(RouteId a, Seconds now) {
  const size_t from = routes_[a].slot;
  std::vector<RouteId> members;
  for (RouteId id = 0; id < routes_.size(); ++id)
    if (routes_[id].slot == from) members.push_back(id);
  std::stable_sort(members.begin(), members.end(),
                   [&](RouteId x, RouteId y) { return routes_[x].calls > routes_[y].calls; });
  const std::vector<size_t> classes = spread(members, sharing_, now);
  std::vector<size_t> slots{from};
  for (size_t i = 0; i < members.size(); ++i) {
    if (classes[i] == 0) continue;
    if (classes[i] == slots.size()) {
      slots.push_back(make_slot());
      if (parts_) slots_[slots.back()]->name = free_name(routes_[members[i]].name);
    }
    move(members[i], slots[classes[i]]);
    tell_move(members[i]);
  }
  return slots.size() > 1;
}

bool Family::may_join(RouteId route, size_t slot, RouteId ignored, Seconds now) const {
  for (RouteId id = 0; id < routes_.size(); ++id)
    if (routes_[id].slot == slot && id != ignored && sharing_.are_separate(route, id, now))
      return false;
  return true;
}

bool Family::join(RoutePair pair, Seconds now) {
  if (routes_[pair.a].slot == routes_[pair.b].slot) return false;
  RouteId to = pair.a;
  RouteId mover = pair.b;
  if (routes_[to].calls < routes_[mover].calls) std::swap(to, mover);
  if (!may_join(mover, routes_[to].slot, to, now)) std::swap(to, mover);
  if (!may_join(mover, routes_[to].slot, to, now)) return false;
  sharing_.forget_proof(to, mover);
  move(mover, routes_[to].slot);
  tell_move(mover);
  return true;
}

void Family::tell_move(RouteId route) {
  if (parts_) parts_->move(routes_[route].name, slot_of(route).name);
}

std::string Family::free_name(std::string name) const {
  const auto is_taken = [&](const std::unique_ptr<Slot>& slot) { return slot->name == name; };
  while (std::any_of(slots_.begin(), slots_.end(), is_taken)) name += '+';
  return name;
}

size_t Family::slot_named(std::string_view name) {
  for (size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i]->name == name) return i;
  const size_t made = make_slot();
  slots_[made]->name = name;
  return made;
}

bool Family::follow_parts() {
  bool moved = false;
  for (RouteId id = 0; id < routes_.size(); ++id) {
    const size_t to = slot_named(parts_->bucket_of(routes_[id].name));
    if (to == routes_[id].slot) continue;
    move(id, to);
    moved = true;
  }
  return moved;
}

void Family::move(RouteId route, size_t to) {
  Slot& source = slot_of(route);
  Slot& target = *slots_[to];
  source.bucket.move_route(route, target.bucket);
  target.last_go = std::max(target.last_go, source.last_go);
  for (const EntryId id : source.queue.of_route(route)) {
    if (std::optional<Entry> entry = source.queue.erase(id))
      (void)target.queue.push(*entry, Place::kMoved);
  }
  routes_[route].slot = to;
}

}  // namespace postern::limits
