// Where new tokens come from: one interface for every kind of grant.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// Why there is no new token.
struct TokenRefusal {
  enum class Kind : uint8_t {
    kInvalidGrant,  // the refresh token (or code) is not known: gone, used, revoked; an
                    // installation was refused in every way there is, one after the other
    kClient,        // the application was refused (invalid_client, unauthorized_client); a person
                    // must look at it, but the grant itself may be good
    kTransient,     // not processed, or said so clearly: 429, 5xx, unreachable
    kLost,          // sent, and no usable answer: it may have been processed
  };
  Kind kind = Kind::kTransient;
  std::string detail;                   // for people; no secret, no raw bytes of the answer
  std::optional<Duration> retry_after;  // what the endpoint asked for
};

using TokenOutcome = Result<TokenAnswer, TokenRefusal>;

// Loop thread. One call at a time.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // Could refresh() work? `present` may be empty (generation 0) before the first token.
  virtual bool can_refresh(const StoredGrant& present) const = 0;
  // Is what `present` holds used up by refresh()? Then a lost answer loses the grant.
  virtual bool is_single_use(const StoredGrant& present) const = 0;
  // Reports once, never from inside. `sent_at` of the answer: TokenAnswer::expires_at counts from
  // the wall time of the sending.
  virtual void refresh(const StoredGrant& present, std::function<void(TokenOutcome)> done) = 0;
  virtual void cancel() = 0;  // `done` will not be called
};

}  // namespace postern::grants
