// Storing what a login has brought.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "grants/options.h"
#include "grants/store.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// Why a new token was not stored; for people.
struct NotKept {
  bool is_taken = false;  // by somebody else's grant, or one that cannot be read: replaced if meant
  std::string what;
  bool passes = false;  // the store could not be asked just now
};

// What those who wait need.
struct KeepingTools {
  const Clock& clock;
  std::function<void(Duration)> sleep;             // blocks
  std::function<void(const std::string&)> tell{};  // once, why it takes long; may be empty
  bool is_to_hand = false;  // what is to be kept can be had again: no reason to wait for a store
};

// A refresh in flight holds the lock for as long as Sentry takes to answer: waits for up to 40 s,
// or for as long as a lock lasts that nobody renews. A store that cannot be asked is an error.
StoreResult<std::unique_ptr<StoreLock>> wait_for_lock(Store& store, const std::string& grant,
                                                      const KeepingTools& tools);

// Whether a new token may take the place of what is stored, as far as that can be known before
// there is one: not of what cannot be read, nor of a token of another Sentry, without `replace`.
Result<void, NotKept> check_place(Store& store, const GrantOptions& grant, bool replace);

// Puts the answer in the place of what is stored, as the next generation. Another user's or another
// organization's grant is not replaced without `replace`. Blocks for as long as wait_for_lock() in
// all; until then it tries again when the store cannot be asked, for the answer would be lost.
Result<StoredGrant, NotKept> keep(Store& store, const GrantOptions& grant,
                                  const TokenAnswer& answer, bool replace,
                                  const KeepingTools& tools);

}  // namespace postern::grants
