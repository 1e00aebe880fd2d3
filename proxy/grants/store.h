// Where grants are kept between two runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// Why a store could not tell.
struct StoreError : Error {
  // NOLINTNEXTLINE(google-explicit-constructor): what fail() makes is one
  StoreError(Error error, bool is_passing = false) : Error(std::move(error)), passes(is_passing) {}
  bool passes;  // may be over by itself: nobody could be asked; nothing is wrong with the grant
};
template <class T>
using StoreResult = Result<T, StoreError>;

inline tl::unexpected<StoreError> fail_for_now(std::string what) {
  return tl::unexpected<StoreError>(StoreError(Error{std::move(what)}, true));
}

// A refresh is one call to the token endpoint and two writes: by this much its lock outlasts the
// call, and whoever waits for that lock waits longer.
inline constexpr Duration kSpareForWriting = std::chrono::seconds(5);

// The right to write one grant; destroying it gives the right back. Other processes see it too.
// One on a network runs out by itself, should its owner be gone.
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
  virtual StoreResult<std::optional<StoredGrant>> load(std::string_view grant) = 0;

  // Null when somebody else holds it: try again later. Never waits.
  virtual StoreResult<std::unique_ptr<StoreLock>> try_lock(std::string_view grant) = 0;

  // Durable when it returns: a crash at any moment leaves the old grant or the new one, whole. A
  // pair of a higher generation than the stored one is taken even when the lock has run out.
  virtual StoreResult<void> save(const StoreLock& lock, const StoredGrant& stored) = 0;

  // How long a lock lasts unless it is renewed; zero: for as long as its process.
  virtual Duration lease() const { return Duration::zero(); }
  // False: it has run out. `is_calling`: its owner is using up the refresh token at this moment,
  // and gets it back if nobody has taken it; before that he had better begin anew.
  virtual StoreResult<bool> renew(const StoreLock& /*lock*/, bool /*is_calling*/) { return true; }
  // A lock in name only, for one who refreshes though nobody can be asked: what it saves is taken
  // by its generation alone. Null: this store has none.
  virtual std::unique_ptr<StoreLock> lock_alone(std::string_view /*grant*/) { return nullptr; }

  // Was there a grant once that forget() has removed? As the last load() has seen it.
  virtual bool was_forgotten(std::string_view /*grant*/) const { return false; }
  // The least generation of a pair that does not come of refreshing the stored one: of a login,
  // of a first token. Likewise.
  virtual uint64_t first_generation(std::string_view /*grant*/) const { return 1; }

  // What this process is called in its locks, so that others can say who holds one; random. Empty:
  // locks name nobody.
  virtual std::string owner() const { return {}; }

  // How often it is read for what others have stored.
  virtual Duration look_period() const { return std::chrono::seconds(1); }

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
