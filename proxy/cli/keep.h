// Storing what a login has brought.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "cli/context.h"
#include "config/options.h"
#include "grants/options.h"
#include "grants/store.h"
#include "grants/stored_grant.h"

namespace postern::cli {

// The grant that --grant means: the one of that name, or the only one. Null, and what there is on
// `err`, if there is none.
const config::GrantSetup* choose_grant(const config::Options& options, const std::string& name,
                                       Context& context);

// A refresh in flight holds the lock for as long as Sentry takes to answer: waits up to 40 s.
Result<std::unique_ptr<grants::StoreLock>> wait_for_lock(grants::Store& store,
                                                         const std::string& grant);

// Whether a new token may take the place of what is stored, as far as that can be known before
// there is one: not of what cannot be read, nor of a token of another Sentry, without `replace`.
Result<void> check_place(grants::Store& store, const grants::GrantOptions& grant, bool replace);

// Puts the answer in the place of what is stored, as the next generation. Another user's or another
// organization's grant is not replaced without `replace`.
Result<grants::StoredGrant> keep(grants::Store& store, const grants::GrantOptions& grant,
                                 grants::TokenAnswer answer, bool replace, WallTime now);

}  // namespace postern::cli
