// StoreWatch: whether the store could keep a new token, known before there is one.
#pragma once

#include <memory>
#include <string>

#include "base/background.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "grants/store.h"

namespace postern::grants {

// Tries to write every ten seconds, and says so in the log when the outcome changes. Loop thread;
// all arguments must outlive it. `background` drops what it has not done when it goes, and must go
// next.
class StoreWatch final {
 public:
  StoreWatch(Background& background, Timers& timers, const Clock& clock, Store& store,
             log::Logger& logger);
  StoreWatch(const StoreWatch&) = delete;
  StoreWatch& operator=(const StoreWatch&) = delete;

  void look_now();                                     // blocks on the store: before the loop runs
  const std::string& fault() const { return fault_; }  // empty: it can be written

 private:
  void look();
  void note(const Result<void>& outcome);

  Background& background_;
  const Clock& clock_;
  Store& store_;
  log::Logger& logger_;
  std::string fault_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace postern::grants
