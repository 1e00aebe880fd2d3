// Token sources that ask Sentry, by the same upstream interface as every other call.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/timer.h"
#include "grants/options.h"
#include "grants/token_source.h"
#include "http/upstream.h"

namespace postern::grants {

// For kOauth and kIntegration; null for kStatic. All references must outlive it. `authority`: the
// Host field of the grant's Sentry. `timeout` bounds a call as a whole. An integration asks by its
// code at first, then by signed assertions, and by the refresh token where these are refused; a way
// that was refused or lost gives way to the next one at the next call. Refused in all of them, it
// tries the code once more, for it may be a new installation's; after that it is kInvalidGrant.
std::unique_ptr<TokenSource> make_token_source(const GrantOptions& grant, http::Upstream& upstream,
                                               std::string authority, Timers& timers,
                                               const Clock& clock, Duration timeout);

}  // namespace postern::grants
