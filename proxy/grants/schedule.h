// When a token is refreshed, and when a failed refresh is tried again. Pure arithmetic.
#pragma once

#include <optional>

#include "base/clock.h"
#include "grants/options.h"
#include "grants/token.h"

namespace postern::grants {

// The last moments of one token.
struct RefreshPlan {
  Instant
      first_hold;     // where unreplayable requests are in the way, hold new ones back from here on
  Instant early;      // refresh from here on, when none is in the way
  Instant last_safe;  // refresh, whoever is in the way
  Duration hold;      // how long one early attempt holds unreplayable requests back
};

// `random`: [0, 1), spreads the early moment. REQUIRES: the token dies one day.
RefreshPlan plan_refresh(const Token& token, const RefreshOptions& options, double random);

// An early attempt was in vain because requests were in the way: when to make the next one.
Instant next_attempt(const RefreshPlan& plan, Instant now);

// How long to rest after `failures` failed calls in a row (1 or more).
Duration backoff(int failures, const RefreshOptions& options, std::optional<Duration> retry_after,
                 double random);

}  // namespace postern::grants
