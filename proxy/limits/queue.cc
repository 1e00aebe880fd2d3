#include "limits/queue.h"

#include <algorithm>
#include <tuple>

namespace postern::limits {

Queue::~Queue() {
  totals_->entries -= nodes_.size();
  totals_->bytes -= bytes_;
}

bool Queue::fits(uint64_t bytes) const {
  return bucket_has_room(bytes) && totals_->entries < totals_->max_entries &&
         totals_->bytes + bytes <= totals_->max_bytes;
}

bool Queue::bucket_has_room(uint64_t bytes) const {
  return nodes_.size() < bounds_.max_entries && bytes_ + bytes <= bounds_.max_bytes;
}

Queue::Pushed Queue::push(const Entry& entry, Place place) {
  Pushed pushed;
  if (place == Place::kBack && !fits(entry.bytes)) {
    pushed.displaced = make_room(entry);
    if (!pushed.displaced) return pushed;
  }
  auto node = std::make_unique<Lane::Node>();
  node->entry = entry;
  node->entry.urgency = std::clamp(entry.urgency, 0, kUrgencies - 1);
  lane_of(node->entry.urgency).add(*node, place);
  deadlines_.insert({entry.deadline, entry.id});
  nodes_.emplace(entry.id, std::move(node));
  bytes_ += entry.bytes;
  totals_->bytes += entry.bytes;
  ++totals_->entries;
  pushed.accepted = true;
  return pushed;
}

// One entry goes, or none: a newcomer with many bytes does not throw out several others.
std::optional<EntryId> Queue::make_room(const Entry& entry) {
  const int urgency = std::clamp(entry.urgency, 0, kUrgencies - 1);
  int last = kUrgencies - 1;
  while (last > urgency && lane_of(last).size() == 0) --last;
  Lane& lane = lane_of(last);
  auto [victim, size] = lane.longest();
  if (victim == nullptr) return std::nullopt;
  if (last == urgency && size <= lane.size_of(entry.caller) + 1) {
    // No other caller makes room; a greedy client of its own may.
    std::tie(victim, size) = lane.longest_client_of(entry.caller);
    if (size <= lane.size_of(entry.caller, entry.client) + 1) return std::nullopt;
  }
  const uint64_t freed = victim->entry.bytes;
  const bool helps = bytes_ - freed + entry.bytes <= bounds_.max_bytes &&
                     totals_->bytes - freed + entry.bytes <= totals_->max_bytes;
  if (!helps) return std::nullopt;
  const EntryId id = victim->entry.id;
  (void)erase(id);
  return id;
}

std::optional<Entry> Queue::erase(EntryId id) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return std::nullopt;
  Lane::Node& node = *found->second;
  lane_of(node.entry.urgency).remove(node);
  deadlines_.erase({node.entry.deadline, id});
  bytes_ -= node.entry.bytes;
  totals_->bytes -= node.entry.bytes;
  --totals_->entries;
  Entry entry = std::move(node.entry);
  nodes_.erase(found);
  if (nodes_.empty() && nodes_.bucket_count() > 4096) nodes_.rehash(0);  // was large once
  return entry;
}

std::optional<Entry> Queue::take() {
  for (Lane& lane : lanes_) {
    Lane::Node* node = lane.next();
    if (node == nullptr) continue;
    lane.pass_turn();
    return erase(node->entry.id);
  }
  return std::nullopt;
}

std::optional<Entry> Queue::take_expired(Seconds now) {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  return erase(deadlines_.begin()->second);
}

std::optional<Seconds> Queue::earliest_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

size_t Queue::ahead_of(std::string_view caller, std::string_view client, int urgency) const {
  const auto level = static_cast<size_t>(std::clamp(urgency, 0, kUrgencies - 1));
  size_t ahead = lanes_[level].ahead_of(caller, client);
  for (size_t i = 0; i < level; ++i) ahead += lanes_[i].size();
  return ahead;
}

std::vector<Entry> Queue::prune(
    size_t most, const std::function<bool(const Entry&, size_t ahead)>& is_hopeless) {
  std::vector<EntryId> hopeless;
  size_t before = nodes_.size();
  size_t looked = 0;
  for (auto lane = lanes_.rbegin(); lane != lanes_.rend() && looked < most; ++lane) {
    before -= lane->size();
    lane->visit_last(most - looked, [&](Lane::Node& node, size_t ahead) {
      ++looked;
      if (!is_hopeless(node.entry, before + ahead)) return false;
      hopeless.push_back(node.entry.id);
      return true;
    });
  }
  std::vector<Entry> entries;
  for (const EntryId id : hopeless)
    if (std::optional<Entry> entry = erase(id)) entries.push_back(*std::move(entry));
  return entries;
}

std::vector<EntryId> Queue::of_route(uint32_t route) const {
  std::vector<std::pair<Seconds, EntryId>> found;
  for (const auto& [id, node] : nodes_)
    if (node->entry.route == route) found.emplace_back(node->entry.arrival, id);
  std::sort(found.begin(), found.end());
  std::vector<EntryId> ids;
  ids.reserve(found.size());
  for (const auto& [arrival, id] : found) ids.push_back(id);
  return ids;
}

std::optional<Seconds> Queue::oldest_arrival() const {
  std::optional<Seconds> oldest;
  for (const auto& [id, node] : nodes_)
    if (!oldest || node->entry.arrival < *oldest) oldest = node->entry.arrival;
  return oldest;
}

}  // namespace postern::limits
