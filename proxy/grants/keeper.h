// Keeper: keeps one grant alive. It refreshes early, on demand and once for all who ask; stores
// each new pair before it is used; adopts what another process has stored; and never takes a
// failure for final that might not be. (Sentry forgives nothing: a refresh kills the old pair.)
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/background.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "grants/grant.h"
#include "grants/store.h"
#include "grants/token_source.h"

namespace postern::grants {

// What a keeper works with; all must outlive it.
struct KeeperTools {
  const Clock& clock;
  Timers& timers;
  Background& background;  // for every call to the store
  Store& store;
  TokenSource* source;  // null: tokens are only ever stored by others (static)
  log::Logger& logger;
  std::function<double()> random;  // [0, 1)
};

// What `postern status` and the probes say. Times are for display.
struct KeeperStatus {
  GrantState state = GrantState::kMissing;
  uint64_t generation = 0;
  Organization organization;
  User user;
  std::vector<std::string> scopes;
  std::optional<WallTime> expires_at;
  std::optional<WallTime> next_refresh;
  std::string last_error;  // empty when all is well
  std::optional<WallTime> last_error_at;
  bool stored = true;         // false: the pair in memory could not be written yet
  bool needs_person = false;  // revoked, or missing with nothing that could obtain one
  std::string where;          // the store's place
  uint64_t refreshes = 0;     // successful ones since the start
};

class Keeper final : private Refresher {
 public:
  Keeper(Grant& grant, const RefreshOptions& options, KeeperTools tools);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  ~Keeper() override;

  void load_now();  // blocks: before the loop runs
  void start();     // timers, and watching the store

  KeeperStatus status() const;
  const Grant& grant() const;

 private:
  bool refresh_now(std::string_view why) override;
  void on_streams_over() override;

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::grants
