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
  std::optional<WallTime> expires_at;  // none: does not expire
  std::vector<std::string> scopes;
  uint64_t generation = 0;  // grows with each refresh or import

  bool expired(WallTime now) const { return expires_at && *expires_at <= now; }
};

}  // namespace postern::grants
