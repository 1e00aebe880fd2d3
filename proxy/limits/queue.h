// Requests that wait for a bucket: by urgency, then in turns among callers, then in turns among a
// caller's own clients, then by arrival.
//
// Bounded in entries and bytes. When the bucket's share is full, a newcomer takes the place of the
// least urgent, or of whoever holds most, as long as that one holds more than the newcomer would:
// a greedy caller fills the queue with its own requests only until others come. Where no other
// caller holds more, the same holds among the clients of the newcomer's caller.
//
// Every operation costs O(log n) unless it says otherwise. Knows no bucket, and no time of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "limits/lane.h"

namespace postern::limits {

// Shared by the queues of all buckets.
struct QueueTotals {
  size_t max_entries = 0;
  uint64_t max_bytes = 0;
  size_t entries = 0;
  uint64_t bytes = 0;
};

struct QueueBounds {
  size_t max_entries = 0;
  uint64_t max_bytes = 0;
};

class Queue final {
 public:
  Queue(QueueBounds bounds, QueueTotals& totals) : bounds_(bounds), totals_(&totals) {}
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // For those who come from now on; nobody is put out.
  void set_bounds(QueueBounds bounds) { bounds_ = bounds; }

  struct Pushed {
    bool accepted = false;
    std::optional<EntryId> displaced;  // has left the queue to make room
  };
  // Entries that come back or move here from another queue are accepted whatever the bounds.
  // REQUIRES: the id is not in the queue.
  Pushed push(const Entry& entry, Place place);
  std::optional<Entry> erase(EntryId id);

  // Whose turn it is leaves the queue. REQUIRES: take_expired() has nothing left, so that an entry
  // whose time is over does not cost its caller a turn.
  std::optional<Entry> take();
  // One entry whose deadline is at or before `now` leaves the queue.
  std::optional<Entry> take_expired(Seconds now);
  std::optional<Seconds> earliest_deadline() const;

  // How many would go before a new entry of this kind.
  size_t ahead_of(std::string_view caller, std::string_view client, int urgency) const;
  // Looks at no more than `most` entries, those that go last first, and takes those out of which
  // `is_hopeless` (told how many go before) is true. O(most).
  std::vector<Entry> prune(size_t most,
                           const std::function<bool(const Entry&, size_t ahead)>& is_hopeless);

  std::vector<EntryId> of_route(uint32_t route) const;  // O(n), by arrival; when routes part
  std::optional<Seconds> oldest_arrival() const;        // O(n), for operators
  size_t size() const { return nodes_.size(); }
  bool empty() const { return nodes_.empty(); }
  uint64_t bytes() const { return bytes_; }

 private:
  bool fits(uint64_t bytes) const;
  bool bucket_has_room(uint64_t bytes) const;
  std::optional<EntryId> make_room(const Entry& entry);
  Lane& lane_of(int urgency) { return lanes_[static_cast<size_t>(urgency)]; }

  QueueBounds bounds_;
  QueueTotals* totals_;
  std::unordered_map<EntryId, std::unique_ptr<Lane::Node>> nodes_;
  std::set<std::pair<Seconds, EntryId>> deadlines_;
  std::array<Lane, kUrgencies> lanes_;
  uint64_t bytes_ = 0;
};

}  // namespace postern::limits
