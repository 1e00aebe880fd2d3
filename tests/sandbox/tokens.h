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

enum class TokenKind {
  kOauth,         // of an OAuth application, for a user
  kIntegration,   // of an integration's installation
  kPersonal,      // the last three are made by hand and never expire
  kOrganization,  // of an organization, for its build machines
  kInternal,      // of an internal integration
};

// What a test may want to know of a grant's life. The first pair is a generation too, so a client
// that wastes nothing has `requests` + 1 == `generations`.
struct GrantCounts {
  std::uint64_t generations = 0;   // access tokens this grant has had
  std::uint64_t requests = 0;      // to refresh, with a refresh token it has or once had
  std::uint64_t unauthorized = 0;  // 401s of the API to an access token it has or once had
};

struct Grant {
  TokenKind kind = TokenKind::kOauth;
  std::int64_t id = 0;
  std::string access;   // 64 hex characters, behind a prefix if made by hand
  std::string refresh;  // 64 hex characters; empty for tokens made by hand
  std::int64_t created_at_ms = 0;
  std::int64_t expires_at_ms = 0;
  std::vector<std::string> scopes;  // with all that they imply
  std::string client_id;
  std::string user_id;
  std::optional<std::string> organization_id;  // only when bound to one
  std::string installation;                    // uuid, of kIntegration
  std::int64_t rotated_at_ms = 0;
  std::vector<std::string> spent_accesses;   // the last one matters to the replication lag
  std::vector<std::string> spent_refreshes;  // for what a replay does
  GrantCounts counts;

  bool is_lasting() const { return kind != TokenKind::kOauth && kind != TokenKind::kIntegration; }
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

// What a refresh replaces. Sentry today: kPair.
enum class Rotation {
  kPair,        // both tokens
  kAccessOnly,  // the access token; the refresh token stays good and is not named in the answer
};

// Of OAuth applications, but for the lag and what is said to be of installations.
struct TokenRules {
  std::int64_t expires_in_s = 2592000;
  std::int64_t installation_expires_in_s = 28800;
  std::int64_t replication_ms = 0;  // how long the API still knows the state before a refresh
  Replay replay = Replay::kStrict;
  Rotation rotation = Rotation::kPair;
};

class Tokens final {
 public:
  explicit Tokens(const Clock& clock) : clock_(clock) {}

  TokenRules& rules() { return rules_; }
  const TokenRules& rules() const { return rules_; }

  // Fills in the tokens, the number and the expiry.
  const Grant& issue(Grant grant);
  // A token made by hand: `access` is given, and nothing expires.
  const Grant& add(Grant grant);
  // Tokens of an earlier sandbox, in place of those that were made up; an empty one changes
  // nothing.
  void give(const Grant& grant, const std::string& access, const std::string& refresh);
  // Null when the token is not (or no longer) the refresh token of this client.
  const Grant* refresh(const std::string& refresh_token, const std::string& client_id);

  // An installation has one token: null before its first one and when that was revoked.
  const Grant* of_installation(const std::string& uuid) const;
  const Grant* with_refresh(const std::string& refresh_token) const;
  // The installation's token is deleted and another one made.
  const Grant& renew(const Grant& of_installation);

  Credential find(const std::string& access_token) const;
  // Notes a 401 for the grant that has or had the access token, and a request to refresh for the
  // one that has or had the refresh token.
  void note_unauthorized(const std::string& access_token);
  void note_request(const std::string& refresh_token);

  // For tests. Both empty means all grants; the number of grants changed comes back. Tokens made by
  // hand cannot expire.
  struct Choice {
    std::string access;
    std::string installation;
  };
  int expire(const Choice& choice);
  int revoke(const Choice& choice);  // the rows are gone: neither token works
  const std::list<Grant>& grants() const { return grants_; }
  void forget_counts();  // the present tokens are the first generation again

 private:
  const Grant* replay(const std::string& refresh_token);
  void rotate(Grant& grant, Rotation rotation);

  const Clock& clock_;
  TokenRules rules_;
  std::list<Grant> grants_;
  std::int64_t last_id_ = 0;
};

}  // namespace postern::sandbox
