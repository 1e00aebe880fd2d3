// Storing what a login has brought.
#pragma once

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
};

// A refresh in flight holds the lock for as long as Sentry takes to answer: waits up to 40 s.
StoreResult<std::unique_ptr<StoreLock>> wait_for_lock(Store& store, const std::string& grant);

// Whether a new token may take the place of what is stored, as far as that can be known before
// there is one: not of what cannot be read, nor of a token of another Sentry, without `replace`.
Result<void, NotKept> check_place(Store& store, const GrantOptions& grant, bool replace);

// Puts the answer in the place of what is stored, as the next generation. Another user's or another
// organization's grant is not replaced without `replace`. Blocks, for as long as wait_for_lock().
Result<StoredGrant, NotKept> keep(Store& store, const GrantOptions& grant, TokenAnswer answer,
                                  bool replace, WallTime now);

}  // namespace postern::grants
