// Tokens: the grants the pretend Sentry has given, one row each, and the rules of their rotation.
//
// A refresh overwrites both tokens of the row and gives it a fresh lifetime; the old ones stop
// existing at once. An expired access token can still be refreshed.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "clock.h"

namespace postern::sandbox {

struct Grant {
  std::string access;   // 64 hex characters
  std::string refresh;  // 64 hex characters
  std::int64_t expires_at_ms = 0;
  std::vector<std::string> scopes;  // with all that they imply
  std::string client_id;
  std::string user_id;
  std::optional<std::string> organization_id;  // only when bound to one
  std::int64_t rotated_at_ms = 0;
  std::string previous_access;               // for the replication lag
  std::vector<std::string> spent_refreshes;  // for what a replay does
};

enum class Standing { kLive, kExpired, kUnknown };

struct Credential {
  Standing standing = Standing::kUnknown;
  const Grant* grant = nullptr;  // null when unknown; valid until the next change
};

// What happens to a refresh token that was used before. Sentry today: kStrict.
enum class Replay {
  kStrict,  // invalid_grant, nothing else
  kFamily,  // invalid_grant, and the grant is deleted
  kGrace,   // within 30 s the same pair again
};

struct TokenRules {
  std::int64_t expires_in_s = 2592000;
  std::int64_t replication_ms = 0;  // how long the API still knows the state before a refresh
  Replay replay = Replay::kStrict;
};

class Tokens final {
 public:
  explicit Tokens(const Clock& clock) : clock_(clock) {}

  TokenRules& rules() { return rules_; }

  // Fills in both tokens and the expiry.
  const Grant& issue(Grant grant);
  // Null when the token is not (or no longer) the refresh token of this client.
  const Grant* refresh(const std::string& refresh_token, const std::string& client_id);
  Credential find(const std::string& access_token) const;

  // For tests. `access` empty means all grants; the number of grants changed comes back.
  int expire(const std::string& access);
  int revoke(const std::string& access);  // the rows are gone: neither token works
  const std::list<Grant>& grants() const { return grants_; }

 private:
  const Grant* replay(const std::string& refresh_token);
  void rotate(Grant& grant);

  const Clock& clock_;
  TokenRules rules_;
  std::list<Grant> grants_;
};

}  // namespace postern::sandbox
