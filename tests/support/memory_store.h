// A store in memory, with faults, that remembers in which order it was used.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grants/store.h"

namespace postern::test {

// Several keepers may share it, like processes on one folder.
class MemoryStore final : public grants::Store {
 public:
  Result<std::optional<grants::StoredGrant>> load(std::string_view grant) override {
    note("load");
    if (!load_fault.empty()) return fail(load_fault);
    auto found = grants.find(std::string(grant));
    if (found == grants.end()) return std::optional<grants::StoredGrant>();
    return std::optional<grants::StoredGrant>(found->second);
  }

  Result<std::unique_ptr<grants::StoreLock>> try_lock(std::string_view grant) override {
    note("lock");
    if (!lock_fault.empty()) return fail(lock_fault);
    if (locked) return std::unique_ptr<grants::StoreLock>();
    locked = true;
    return std::unique_ptr<grants::StoreLock>(std::make_unique<Lock>(*this, std::string(grant)));
  }

  Result<void> save(const grants::StoreLock& lock, const grants::StoredGrant& stored) override {
    note(stored.journal ? "journal" : "save");
    if (!save_fault.empty()) return fail(save_fault);
    grants[lock.grant()] = stored;
    return {};
  }

  Result<void> check_writable() override {
    if (!save_fault.empty()) return fail(save_fault);
    return {};
  }

  std::string where(std::string_view grant) const override {
    return "memory/" + std::string(grant);
  }

  void note(std::string step) { steps.push_back(std::move(step)); }

  std::map<std::string, grants::StoredGrant> grants;
  std::vector<std::string> steps;
  bool locked = false;  // set by a test: somebody else holds the lock
  std::string load_fault;
  std::string lock_fault;
  std::string save_fault;

 private:
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
