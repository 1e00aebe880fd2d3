// PendingConnections: authorizations that were begun here and have not come back from Sentry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "grants/login.h"

namespace postern::admin {

// What was asked for, and may be answered once.
struct PendingConnection {
  std::string grant;
  std::vector<std::string> scopes;
  std::string redirect_uri;
  bool replace = false;  // of another user or organization than the stored one
  grants::AuthorizationSecrets secrets;
};

// Bounded: one more than kMost takes the oldest one's place. Every call takes `now`. Pure but for
// the random numbers.
class PendingConnections final {
 public:
  static constexpr size_t kMost = 16;
  static constexpr Duration kLifetime = std::chrono::minutes(10);  // as long as Sentry's code lives

  // What the browser that began it has to show again, in a cookie.
  Secret add(PendingConnection connection, Instant now);

  enum class Fault : uint8_t {
    kUnknown,       // this state is of none here
    kOtherBrowser,  // of one, but another browser began it, or has begun a newer one since
    kExpired,
    kUsed,  // it has been taken
  };
  struct Taken {
    std::optional<PendingConnection> connection;
    Fault fault = Fault::kUnknown;  // without one
  };
  // Once for each; who shows a wrong cookie takes nothing. Compares in constant time.
  Taken take(const Secret& state, const Secret& cookie, Instant now);

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    PendingConnection connection;  // without its secrets but the state once it is used
    Secret cookie;
    Instant expires_at;
    bool is_used = false;
  };
  Entry* find(const Secret& state);

  std::deque<Entry> entries_;  // the oldest first
};

}  // namespace postern::admin
