// Fleet: the instances that share a store, for those who want to see them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "admin/fleet_report.h"
#include "admin/status_report.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/timer.h"
#include "config/options.h"
#include "event/loop.h"
#include "redis/client.h"
#include "runtime/roll_call.h"
#include "wire/resolver.h"

namespace postern::runtime {

// Loop thread. Has a connection of its own.
class Fleet final {
 public:
  struct Tools {  // all but the functions must outlive it
    event::Loop& loop;
    const config::Options& options;
    Timers& timers;
    const Clock& clock;
    log::Logger& logger;
    std::function<admin::StatusReport()> health;  // of this instance
    bool shares_limits = false;                   // likewise
  };
  // Null for a store that tells of nobody, or with no grant that could be shared. `id` is what
  // locks in the store call this instance; empty: nothing, any will do.
  static Result<std::unique_ptr<Fleet>> make(Tools tools, std::string id);

  // What is said from now on is what this instance is.
  void start() { roll_call_.start(); }
  // After the loop's end: turns it once more, shortly, until the others know.
  void leave();
  admin::FleetSource& source() { return roll_call_; }

 private:
  Fleet(event::Loop& loop, std::unique_ptr<wire::Resolver> resolver,
        std::unique_ptr<redis::Client> client, RollCallOptions options, RollCall::Tools tools);

  event::Loop& loop_;
  std::unique_ptr<wire::Resolver> resolver_;
  std::unique_ptr<redis::Client> client_;
  RollCall roll_call_;
};

// What an instance says of itself: `health` without what is its own affair.
admin::Presence presence_of(const admin::StatusReport& health, std::string name,
                            bool shares_limits);

}  // namespace postern::runtime
