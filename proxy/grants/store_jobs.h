// The store as the loop may use it: each call runs on the helper thread and answers later.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/background.h"
#include "base/clock.h"
#include "grants/store.h"

namespace postern::grants {

// The place of one grant in a store, and the lock on it. Calls are answered in the order they were
// made, on the loop thread. Destroying it drops the answers, not the work: what is being saved is
// saved all the same.
class StoreJobs final {
 public:
  struct Loaded : StoreResult<std::optional<StoredGrant>> {
    using Result = StoreResult<std::optional<StoredGrant>>;
    Loaded() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): what a store says is one
    Loaded(Result result, bool forgotten = false)
        : Result(std::move(result)), was_forgotten(forgotten) {}
    bool was_forgotten = false;  // by a logout, which is why there is nothing
  };
  struct Locked {
    StoreResult<bool> held;         // false: somebody else has it
    Loaded loaded;                  // read after the attempt, whoever has the lock
    uint64_t first_generation = 1;  // when nothing is stored
  };

  StoreJobs(Background& background, Store& store, std::string grant);

  void load(std::function<void(Loaded)> next);
  void lock_and_load(std::function<void(Locked)> next);  // keeps a lock that it already has
  // REQUIRES: the lock, unless the store has one in name only.
  void save(StoredGrant stored, std::function<void(StoreResult<void>)> next);
  // False: the lock has run out, or there is none.
  void renew(bool is_calling, std::function<void(StoreResult<bool>)> next);
  void lock_alone(std::function<void(bool)> next);  // false: the store has no such lock
  void unlock();

  Duration lease() const { return store_.lease(); }

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
