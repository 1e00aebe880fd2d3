// Fleet: the instances that share a store, for those who want to see them.
#pragma once

#include <cstdint>
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

namespace postern::runtime {

// Loop thread. Has connections of its own.
class Fleet {
 public:
  struct Tools {  // all but the functions must outlive it
    event::Loop& loop;
    const config::Options& options;
    Timers& timers;
    const Clock& clock;
    log::Logger& logger;
    std::function<admin::StatusReport()> health;  // of this instance
    bool shares_limits = false;                   // likewise
    // Told now and then how many share limits, if the store says so.
    std::function<void(int64_t)> on_sharers = {};
  };
  // Null for a store that tells of nobody, or with no grant that could be shared. `id` is what
  // locks in the store call this instance; empty: nothing, any will do.
  static Result<std::unique_ptr<Fleet>> make(Tools tools, std::string id);

  virtual ~Fleet() = default;
  // What is said from now on is what this instance is.
  virtual void start() = 0;
  // After the loop's end: turns it once more, shortly, until the others know.
  virtual void leave() = 0;
  virtual admin::FleetSource& source() = 0;
};

// What an instance says of itself: `health` without what is its own affair.
admin::Presence presence_of(const admin::StatusReport& health, std::string name,
                            bool shares_limits);

}  // namespace postern::runtime
