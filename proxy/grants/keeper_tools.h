// What a keeper and its parts work with.
#pragma once

#include <functional>

#include "base/background.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "grants/store.h"
#include "grants/token_source.h"

namespace postern::grants {

// All must outlive the keeper.
struct KeeperTools {
  const Clock& clock;
  Timers& timers;
  Background& background;  // for every call to the store
  Store& store;
  TokenSource* source;  // null: tokens are only ever stored by others (static)
  log::Logger& logger;
  std::function<double()> random;  // [0, 1)
  // When a token is at its last safe moment and nobody can be asked for the lock. Right where no
  // other process refreshes.
  bool may_refresh_alone = false;
};

}  // namespace postern::grants
