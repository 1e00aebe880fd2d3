// Which buckets want to ask the fleet, and when; and which of them waits for which answer.
//
// One per governor. Shares book themselves and leave it when they are destroyed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "limits/seconds.h"

namespace postern::limits {

class FleetShare;

class ShareBoard final {
 public:
  // `replica` is this process's name among the others: random.
  explicit ShareBoard(std::string replica) : replica_(std::move(replica)) {}
  ShareBoard(const ShareBoard&) = delete;  // shares point to it
  ShareBoard& operator=(const ShareBoard&) = delete;

  const std::string& replica() const { return replica_; }
  // Replicas that are known to be there, whether they ask or not; 0: not known.
  int64_t listed() const { return listed_; }
  void set_listed(int64_t replicas) { listed_ = replicas; }
  void book(FleetShare& share, std::optional<Seconds> before, std::optional<Seconds> when);
  std::optional<Seconds> earliest() const;
  FleetShare* due(Seconds now) const;  // null: none

  uint64_t open(FleetShare& share);      // a question; its id
  FleetShare* close(uint64_t id);        // null: who asked is gone
  void forget(const FleetShare& share);  // its questions; it has no booking any more

 private:
  std::string replica_;
  int64_t listed_ = 0;
  uint64_t last_id_ = 0;
  std::set<std::pair<Seconds, FleetShare*>> bookings_;
  std::unordered_map<uint64_t, FleetShare*> questions_;
};

}  // namespace postern::limits
