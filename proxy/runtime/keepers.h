// Keepers: one for each grant, with the store, the token source and the connections it needs.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "config/options.h"
#include "event/loop.h"
#include "grants/keeper.h"
#include "grants/registry.h"
#include "grants/store_watch.h"
#include "runtime/adapters.h"
#include "runtime/store_news.h"
#include "runtime/upstreams.h"

namespace postern::runtime {

// Loop thread; all arguments must outlive it.
class Keepers final {
 public:
  Keepers(event::Loop& loop, const config::Options& options, grants::Registry& registry,
          Upstreams& upstreams, const Clock& clock, Timers& timers, log::Logger& logger);

  // Opens the store, fills it from seeds, loads every grant (blocks: before the loop runs) and
  // starts to watch.
  Result<void> start();

  const std::vector<std::unique_ptr<grants::Keeper>>& all() const { return keepers_; }
  // What locks in the store call this instance; empty: nothing. REQUIRES: start().
  std::string owner() const { return store_->owner(); }
  Background& background() { return *background_; }  // the store's; REQUIRES: start()
  void stop_renewing();                              // draining begins
  // Says of each grant whose newest pair could not be stored that it ends with this process. True:
  // there was one.
  bool report_unsaved();
  // "2 grants usable", or which are not: "no usable token: acme (revoked)".
  std::string summary() const;
  // A refresh under way, or a pair that is not stored yet: ending now could lose a grant.
  bool is_busy() const;
  // Why nothing new could be stored; empty: it could, or no grant ever changes.
  std::string store_fault() const { return watch_ ? watch_->fault() : std::string(); }

 private:
  Result<void> add(const config::GrantSetup& setup);
  void plant(const config::GrantSetup& setup);

  event::Loop& loop_;
  const config::Options& options_;
  grants::Registry& registry_;
  Upstreams& upstreams_;
  const Clock& clock_;
  Timers& timers_;
  log::Logger& logger_;
  std::minstd_rand random_;
  std::unique_ptr<grants::Store> store_;
  std::vector<std::unique_ptr<grants::Store>> static_stores_;
  std::vector<std::unique_ptr<grants::TokenSource>> sources_;
  std::unique_ptr<LaneBackground> background_;
  std::optional<grants::StoreWatch> watch_;
  std::vector<std::unique_ptr<grants::Keeper>> keepers_;
  std::unique_ptr<StoreNews> news_;  // null: the store tells nothing
};

}  // namespace postern::runtime
