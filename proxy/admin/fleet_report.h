// What one instance knows of all that share its store: the document of GET /api/fleet and of
// `postern status --fleet`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "relay/explanation.h"

namespace postern::admin {

// What an instance says of itself to the others. No secrets: whoever reads the store can read it.
struct Presence {
  std::string name;  // of its pod or machine
  int64_t pid = 0;
  std::string version;
  int64_t uptime_s = 0;
  bool ready = false;
  std::string why;                              // it is not
  bool shares_limits = false;                   // with those that do so too
  std::map<std::string, uint64_t> generations;  // of the tokens that it uses, by grant
};

std::string format_presence(const Presence& presence);
// What another instance has written, maybe of another version, maybe hostile: texts are cut.
// Nothing: it is none.
std::optional<Presence> parse_presence(std::string_view text);

// Times are RFC 3339, by the clock of the store, which is one for all; empty text: unknown.
struct ReplicaReport {
  struct Held {
    std::string grant;
    uint64_t generation = 0;
    bool is_behind = false;  // the store has had a newer one for longer than it takes to be told
  };

  std::string id;  // random, of the process
  Presence presence;
  bool is_self = false;  // the one that reports
  std::string started_at;
  std::string seen_at;
  int64_t silent_s = 0;     // since it was last heard of
  bool is_overdue = false;  // it should have been heard of again by then
  // So long ago all of this held: the list could not be read since. Nothing: it holds.
  std::optional<int64_t> as_of_s;
  std::vector<Held> grants;
};

struct LeaseReport {
  std::string holder;  // a replica's name, or what else is known
  std::string since;
  std::string until;  // unless it is renewed
  int64_t held_s = 0;
  int64_t left_s = 0;  // below zero: it has run out, and nobody has taken it since
};

struct SharedGrantReport {
  std::string name;
  std::string state;               // "stored", "none", "forgotten", "unfit"; empty: not known
  std::string fault;               // why it is not known, or unfit
  std::optional<int64_t> as_of_s;  // as of a replica
  uint64_t generation = 0;
  std::string written_at;
  std::optional<int64_t> written_s;  // ago
  std::string written_by;
  std::optional<LeaseReport> lease;  // nothing: nobody refreshes it at this moment
};

struct FleetReport {
  std::string advice;    // why there is no fleet, and what makes one; empty: there is one
  std::string place;     // of the store, "redis://host:6379"
  std::string unlisted;  // why only the one that reports is listed; empty: all are
  std::string fault;     // why what follows is old, or not known; empty: it is as of `read_at`
  std::string read_at;
  std::optional<int64_t> age_s;  // nothing: it was never read
  bool shares_limits = false;    // the one that reports
  std::string limits_fault;      // why it shares none at this moment; empty: it does
  std::vector<ReplicaReport> replicas;
  std::vector<SharedGrantReport> grants;
  // Those that it shares, as it was last told of them; each has its `share`. Of the rest it is who
  // and what is counted, the routes, the limit and the window.
  std::vector<relay::BucketView> buckets;
};

// The advice to one that shares its grants with nobody.
inline constexpr std::string_view kNoFleet =
    "this instance shares its grants with no other that it could name; give all of them the same "
    "store.kind: redis and store.redis.url (README.md, More than one)";

// Of a store in Kubernetes.
inline constexpr std::string_view kUnlisted =
    "the other instances are not listed: for that they would have to share a Redis (store.kind: "
    "redis)";

// "web-1/17": as people call it.
std::string name_of(const Presence& presence);

// Could be read, and all are ready, heard of and up to date.
bool is_well(const FleetReport& report);
bool is_well(const ReplicaReport& replica);

std::string format_fleet(const FleetReport& report);
Result<FleetReport> parse_fleet(std::string_view json);  // of a running instance

// Where reports come from. Loop thread.
class FleetSource {
 public:
  virtual ~FleetSource() = default;
  // As last read, with ages as of now.
  virtual FleetReport report() const = 0;
  // Asks the store; `then`, later and once, when report() is as new as could be had. Takes two
  // seconds at most. Those who ask at the same time are one question.
  virtual void read(std::function<void()> then) = 0;
  // Grows whenever there may be news.
  virtual uint64_t round() const = 0;
};

}  // namespace postern::admin
