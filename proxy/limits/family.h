// Routes that may share counters: those of one user, host and group. All start in one bucket; a
// proof parts them, and evidence joins them again (Sharing). Each bucket has its queue.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limits/answer.h"
#include "limits/bucket.h"
#include "limits/circuit.h"
#include "limits/fleet_share.h"
#include "limits/fullness.h"
#include "limits/overtaking.h"
#include "limits/parts.h"
#include "limits/queue.h"
#include "limits/sharing.h"

namespace postern::limits {

// One upstream host: one limiter clock, one circuit.
struct Host {
  Phase phase;
  Circuit circuit;
  Seconds resting_since = 0;  // while the circuit is not closed
};

class Family;

// A bucket, who waits for it, and when to look at it again.
struct Slot {
  Slot(uint64_t number, Family& owner, const BucketOptions& options, QueueBounds bounds,
       QueueTotals& totals, Phase& phase, ShareBoard* board)
      : id(number),
        family(&owner),
        share(board == nullptr ? nullptr : std::make_unique<FleetShare>(*board, *this)),
        bucket(options, phase, share.get()),
        queue(bounds, totals) {}

  uint64_t id;
  Family* family;
  std::string name;  // among the family's, for the fleet; empty: the one that all routes start in
  std::unique_ptr<FleetShare> share;  // null: this Postern is alone
  Bucket bucket;
  Queue queue;
  Overtaking overtaking;        // in the queue
  Fullness fullness;            // for the watcher
  std::optional<Seconds> wake;  // as the governor's schedule has it
  Seconds reviewed = 0;         // when forecasts were last compared with deadlines
  Seconds last_go = 0;          // when a call last went
  uint64_t refusals = 0;        // because of a forecast or a deadline
};

struct FamilyKey {
  std::string user;
  std::string host;
  std::string group;
};

class Family final {
 public:
  // What a new bucket is made from. The host and the totals must outlive the family.
  struct Frame {
    BucketOptions bucket;
    QueueBounds bounds;
    QueueTotals* totals = nullptr;
    uint64_t* next_id = nullptr;  // numbers slots of all families
    ShareBoard* board = nullptr;  // null: limits are not shared; must outlive the family
  };

  Family(FamilyKey key, Host& host, const Frame& frame);
  Family(const Family&) = delete;  // slots point to it
  Family& operator=(const Family&) = delete;

  // For its buckets and queues, those there are and new ones.
  void set_frame(const Frame& frame);

  const FamilyKey& key() const { return key_; }
  Host& host() { return *host_; }
  // The last of kMostRoutes is kOtherRoutes: every further name is that route.
  RouteId route(std::string_view name);
  // The slot that a route of this name is in, or would start in. Remembers nothing.
  Slot& slot_for(std::string_view name) { return *slots_[slot_index_for(name)]; }
  Slot& slot_of(RouteId route) { return *slots_[routes_[route].slot]; }
  const std::vector<std::unique_ptr<Slot>>& slots() const { return slots_; }
  std::vector<std::string_view> routes_of(const Slot& slot) const;
  std::string_view name_of(RouteId route) const { return routes_[route].name; }

  // Requests that hold on to the family, from admission to their end.
  size_t requests() const { return requests_; }
  void begin_request() { ++requests_; }
  void end_request() { --requests_; }

  // Learns from an answer whether routes share counters. True: routes have moved to other slots,
  // and every slot wants to be looked at again.
  bool observe(RouteId route, const Answer& answer, Seconds now);

  // What the fleet knows of routes that split off; null: limits are not shared.
  Parts* parts() { return parts_.get(); }
  // Moves routes to the slots where the fleet has them. True: some have moved.
  bool follow_parts();

  static constexpr size_t kMostRoutes = 512;  // the endpoint table has some 300 paths
  static constexpr std::string_view kOtherRoutes = "others";

 private:
  struct Route {
    std::string name;
    size_t slot = 0;
    uint64_t calls = 0;
  };
  const Route* find(std::string_view name) const;
  size_t slot_index_for(std::string_view name) const;
  size_t make_slot();
  size_t slot_named(std::string_view name);
  void tell_move(RouteId route);
  std::string free_name(std::string name) const;
  bool part(RouteId a, Seconds now);
  bool join(RoutePair pair, Seconds now);
  bool may_join(RouteId route, size_t slot, RouteId ignored, Seconds now) const;
  void move(RouteId route, size_t to);

  FamilyKey key_;
  Host* host_;
  Frame frame_;
  std::deque<Route> routes_;
  std::map<std::string_view, RouteId> by_name_;  // views of routes_
  std::vector<std::unique_ptr<Slot>> slots_;     // one without routes is kept and used again
  Sharing sharing_;
  std::unique_ptr<Parts> parts_;
  size_t requests_ = 0;
};

}  // namespace postern::limits
