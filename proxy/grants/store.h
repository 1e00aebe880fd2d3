// Where grants are kept between two runs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// The right to write one grant; destroying it gives the right back. Other processes see it too.
class StoreLock {
 public:
  virtual ~StoreLock() = default;
  virtual const std::string& grant() const = 0;
};

// Every call may block on a disk or a network: never on the loop thread once requests flow. One
// thread at a time. A grant's name is 1 to 64 of A-Z a-z 0-9 . _ - and does not begin with a dot.
class Store {
 public:
  virtual ~Store() = default;

  // Nothing when the store has no such grant.
  virtual Result<std::optional<StoredGrant>> load(std::string_view grant) = 0;

  // Null when somebody else holds it: try again later. Never waits.
  virtual Result<std::unique_ptr<StoreLock>> try_lock(std::string_view grant) = 0;

  // Durable when it returns: a crash at any moment leaves the old grant or the new one, whole.
  virtual Result<void> save(const StoreLock& lock, const StoredGrant& stored) = 0;

  // Overwrites and removes the grant, durable when it returns; false when there was none. A store
  // that is only read cannot.
  virtual Result<bool> forget(const StoreLock& lock) {
    return fail(where(lock.grant()) + " is only read; remove it yourself");
  }

  // Would save() find a place to write to? Leaves nothing behind. Errors: what is in the way.
  virtual Result<void> check_writable() { return {}; }

  // What a person calls the place of this grant, for messages.
  virtual std::string where(std::string_view grant) const = 0;
};

bool is_store_name(std::string_view grant);

}  // namespace postern::grants
