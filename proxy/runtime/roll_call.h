// RollCall: says in the shared store that this instance is there, and reads who else is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/fleet_report.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "grants/redis_survey.h"
#include "redis/client.h"
#include "runtime/roll.h"

namespace postern::runtime {

struct RollCallOptions {
  std::string prefix = "postern";   // of all keys
  std::string place;                // of the store, for people
  std::string id;                   // as in the locks of the store
  Duration period{};                // between two times that it says that it is there
  std::vector<std::string> grants;  // that are shared
};

// One command each period, which brings the list as well, and one more when what it says of this
// instance has changed; a read is such a command, and one for each grant. Nobody's request waits
// for any of it, and none fails because of it. Loop thread; all arguments must outlive it.
class RollCall final : public admin::FleetSource {
 public:
  // Periods without a word of an instance until the others forget it.
  static constexpr int kPeriods = 6;
  // A read is over then, whatever has not been answered.
  static constexpr Duration kPatience = std::chrono::milliseconds(1500);
  // What is younger is not read again.
  static constexpr Duration kFresh = std::chrono::milliseconds(300);
  // How often it looks whether what it said last still holds.
  static constexpr Duration kLook = std::chrono::seconds(1);

  struct Tools {
    redis::Client& client;
    Timers& timers;
    const Clock& clock;
    log::Logger& logger;
    std::function<admin::Presence()> describe;  // this instance
    // With each list: those on it that share limits and are not silent. Empty: nobody asks.
    std::function<void(int64_t)> on_sharers = {};
  };
  RollCall(RollCallOptions options, Tools tools);
  RollCall(const RollCall&) = delete;
  RollCall& operator=(const RollCall&) = delete;

  void start();
  // Takes this instance off the list; `then`, later and once, unless the store does not answer.
  // False: the store was out of reach already, and nothing is tried. Nothing is said from then on.
  bool leave(std::function<void()> then);

  // ---- admin::FleetSource
  admin::FleetReport report() const override;
  void read(std::function<void()> then) override;
  uint64_t round() const override { return round_; }

 private:
  struct SharedGrant {
    std::string name;
    std::optional<grants::RedisSurvey> survey;  // the newest
    Instant read_at{};                          // the newest
    uint64_t serial = 0;                        // of the read that brought it
    std::string fault;                          // of the last one
  };

  // ---- asking
  void call();
  void look();
  void say(uint64_t serial);
  void on_said(uint64_t serial, const redis::Answer& answer);
  std::string take(const redis::Reply& reply);
  void on_survey(uint64_t serial, SharedGrant& grant, const redis::Answer& answer);
  void close_one();
  void finish();
  void note(const std::string& trouble);

  // ---- reporting
  int64_t store_time() const;
  bool is_overdue(const Roll::Entry& entry) const;
  std::string name_of_owner(std::string_view id) const;
  admin::ReplicaReport report_of(const Roll::Entry& entry, int64_t now) const;
  admin::ReplicaReport own_report(const admin::Presence& own, int64_t now) const;
  admin::ReplicaReport report_of_other(const Roll::Entry& entry, int64_t now) const;
  admin::SharedGrantReport report_of(const SharedGrant& grant, int64_t now) const;
  bool is_behind(const Roll::Entry& entry, const std::string& grant, uint64_t generation) const;

  const RollCallOptions options_;
  Tools tools_;
  std::unique_ptr<Timer> next_call_;
  std::unique_ptr<Timer> next_look_;
  std::unique_ptr<Timer> out_of_time_;
  std::unique_ptr<Timer> soon_;

  std::vector<std::function<void()>> readers_;
  uint64_t serial_ = 0;  // of the read that is under way; 0 in what is said between them
  size_t open_ = 0;      // answers that it waits for
  uint64_t round_ = 0;
  bool is_unseen_ = false;  // the others have not been told that it is there; that has been said
  bool has_left_ = false;
  admin::Presence said_;  // last

  std::optional<Roll> roll_;  // the newest, whatever brought it
  Instant heard_at_{};        // of it
  std::vector<SharedGrant> grants_;
  std::optional<Instant> read_at_;  // the last read that had all
  std::string fault_;               // of the last read
};

}  // namespace postern::runtime
