// One generation of a grant's tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace postern::grants {

// Immutable once made: shared as shared_ptr<const Token>, so a request keeps the one it was signed
// with.
struct Token {
  Secret access;
  Secret refresh;                      // empty when Sentry gave none
  Secret authorization;                // "Bearer <access>", ready to be sent
  std::optional<WallTime> expires_at;  // none: does not expire; for display
  // The same moment on the clock that no one can set; what decides. From the lifetime that Sentry
  // told, counted from when the request was sent, or from what was left of it when it was loaded.
  std::optional<Instant> dies_at;
  Instant obtained_at;                  // its lifetime counts from here
  Instant known_at;                     // we have had it since; other parts of Sentry may lag
  Duration lifetime = Duration::max();  // whole
  std::vector<std::string> scopes;
  uint64_t generation = 0;  // grows with each refresh or import

  bool expired(Instant now) const { return dies_at && *dies_at <= now; }
};

}  // namespace postern::grants
