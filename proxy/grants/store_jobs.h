// The store as the loop may use it: each call runs on the helper thread and answers later.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/background.h"
#include "grants/store.h"

namespace postern::grants {

// The place of one grant in a store, and the lock on it. Calls are answered in the order they were
// made, on the loop thread. Destroying it drops the answers, not the work: what is being saved is
// saved all the same.
class StoreJobs final {
 public:
  using Loaded = Result<std::optional<StoredGrant>>;
  struct Locked {
    Result<bool> held;  // false: somebody else has it
    Loaded loaded;      // read after the attempt, whoever has the lock
  };

  StoreJobs(Background& background, Store& store, std::string grant);

  void load(std::function<void(Loaded)> next);
  void lock_and_load(std::function<void(Locked)> next);  // keeps a lock that it already has
  void save(StoredGrant stored, std::function<void(Result<void>)> next);  // REQUIRES: the lock
  void unlock();

 private:
  // Touched by the helper thread alone.
  struct Slot {
    std::unique_ptr<StoreLock> lock;
  };
  template <class T>
  void run(std::function<T()> work, std::function<void(T)> next);

  Background& background_;
  Store& store_;
  std::string grant_;
  std::shared_ptr<Slot> slot_;
  std::shared_ptr<bool> alive_;  // answers look here before they call
};

}  // namespace postern::grants
