// A store in memory, with faults, that remembers in which order it was used.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "grants/store.h"

namespace postern::test {

// Several keepers may share it, like processes on one folder.
class MemoryStore final : public grants::Store {
 public:
  grants::StoreResult<std::optional<grants::StoredGrant>> load(std::string_view grant) override {
    note("load");
    if (away) return is_away();
    if (!load_fault.empty()) return fail(load_fault);
    auto found = grants.find(std::string(grant));
    if (found == grants.end()) return std::optional<grants::StoredGrant>();
    return std::optional<grants::StoredGrant>(found->second);
  }

  grants::StoreResult<std::unique_ptr<grants::StoreLock>> try_lock(
      std::string_view grant) override {
    note("lock");
    if (away) return is_away();
    if (!lock_fault.empty()) return fail(lock_fault);
    if (locked) return std::unique_ptr<grants::StoreLock>();
    locked = true;
    return std::unique_ptr<grants::StoreLock>(std::make_unique<Lock>(*this, std::string(grant)));
  }

  grants::StoreResult<void> save(const grants::StoreLock& lock,
                                 const grants::StoredGrant& stored) override {
    note(stored.journal ? "journal" : "save");
    if (away) return is_away();
    if (lock_lost && stored.generation <= grants[lock.grant()].generation)
      return fail("another process has written");
    if (!save_fault.empty()) return fail(save_fault);
    grants[lock.grant()] = stored;
    if (!late_fault.empty() && stored.journal) return fail(late_fault);
    return {};
  }

  Result<void> check_writable() override {
    if (!save_fault.empty()) return fail(save_fault);
    return {};
  }

  std::string where(std::string_view grant) const override {
    return "memory/" + std::string(grant);
  }

  Duration look_period() const override { return look; }

  // ---- as a store on a network, when it has a lease
  Duration lease() const override { return lease_time; }
  grants::StoreResult<bool> renew(const grants::StoreLock& /*lock*/, bool /*is_calling*/) override {
    note("renew");
    if (away) return is_away();
    return !lock_lost;
  }
  std::unique_ptr<grants::StoreLock> lock_alone(std::string_view grant) override {
    if (lease_time == Duration::zero()) return nullptr;
    return std::make_unique<LoneLock>(std::string(grant));
  }
  uint64_t first_generation(std::string_view /*grant*/) const override { return first; }
  bool was_forgotten(std::string_view /*grant*/) const override { return forgotten; }

  void note(std::string step) {
    steps.push_back(std::move(step));
    if (on_step) on_step(steps.back());
  }

  std::map<std::string, grants::StoredGrant> grants;
  std::vector<std::string> steps;
  std::function<void(const std::string&)> on_step;  // is told before the step is done
  bool locked = false;                              // set by a test: somebody else holds the lock
  std::string load_fault;
  std::string lock_fault;
  std::string save_fault;
  std::string late_fault;  // of a journal that has been written all the same
  Duration lease_time{};
  bool lock_lost = false;  // the one that was given has run out
  bool away = false;       // nothing is answered
  uint64_t first = 1;
  bool forgotten = false;
  Duration look = std::chrono::seconds(1);

 private:
  static tl::unexpected<grants::StoreError> is_away() {
    return grants::fail_for_now("the store is away");
  }

  class LoneLock final : public grants::StoreLock {
   public:
    explicit LoneLock(std::string grant) : grant_(std::move(grant)) {}
    const std::string& grant() const override { return grant_; }

   private:
    std::string grant_;
  };
  class Lock final : public grants::StoreLock {
   public:
    Lock(MemoryStore& store, std::string grant) : store_(store), grant_(std::move(grant)) {}
    ~Lock() override {
      store_.locked = false;
      store_.note("unlock");
    }
    const std::string& grant() const override { return grant_; }

   private:
    MemoryStore& store_;
    std::string grant_;
  };
};

}  // namespace postern::test
