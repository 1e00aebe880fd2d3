// What is kept of a grant between two runs: the contents of <grant>.json.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "grants/options.h"
#include "grants/token.h"

namespace postern::grants {

struct Organization {
  std::string slug;
  std::string id;  // digits; empty unless the token is bound to one organization
};

struct User {
  std::string id;  // digits; empty when the token endpoint did not say
  std::string name;
  std::string email;
};

// A step that was begun and whose end is not known yet, written before the step.
struct JournalEntry {
  std::string step;
  WallTime at;
};

// A value. The JSON form is in grants/documents.h; changing it breaks the stores of users.
struct StoredGrant {
  static constexpr uint64_t kVersion = 1;
  // What is higher comes of no number of refreshes and no clock, and is refused before anything is
  // made of it. Far enough below what the stores can hold exactly (Redis: 15 digits) that whatever
  // was refreshed can be written.
  static constexpr uint64_t kMostGeneration = 99'999'999'999'999;

  uint64_t generation = 0;  // the higher one is the newer one
  std::string sentry;       // origin that issued the token
  std::string kind = "oauth";
  Organization organization;
  User user;
  Secret access_token;
  Secret refresh_token;                // empty when Sentry gave none
  std::optional<WallTime> expires_at;  // none: does not expire
  WallTime obtained_at;
  std::vector<std::string> scopes;
  std::optional<JournalEntry> journal;
};

// A successful answer of the token endpoint.
struct TokenAnswer {
  Secret access_token;  // empty only in an answer to a refresh that is good for the next one alone
  Secret refresh_token;
  std::optional<WallTime> expires_at;
  std::optional<Duration> lifetime;  // expires_in as told; beats expires_at but for an import
  Instant sent_at{};                 // when the request was sent; the lifetime counts from here
  std::vector<std::string> scopes;
  User user;
  std::string organization_id;
  std::string flaw;  // why one of the two tokens is of no use; names no value
};

// A token read from a store lives for what is left of it by the wall clock, but never longer than
// it ever lived: a clock that was put back must not keep it.
std::shared_ptr<const Token> make_token(const StoredGrant& stored, const Clock& clock);
// A token just obtained lives for what Sentry told, from when the request was sent. `now`: when the
// answer came; left out, the same moment.
std::shared_ptr<const Token> make_token(const StoredGrant& stored, std::optional<Duration> lifetime,
                                        Instant from, std::optional<Instant> now = std::nullopt);

// A new grant from an answer. What the answer does not say (slug, origin) is left empty.
StoredGrant make_stored_grant(TokenAnswer answer, uint64_t generation, WallTime now);

// What takes the place of `present` after a refresh: the next generation. What the answer does not
// say stays, the refresh token included; without an access token the present one stays as well, but
// has expired, for the answer has killed it. `sent`: when the request was sent; the lifetime counts
// from there. Lifetimes are cut to between nothing and ten years.
StoredGrant renew(const StoredGrant& present, TokenAnswer answer, const GrantOptions& grant,
                  WallTime sent);

// Why `answer` must not silently take the place of `stored`: it belongs to another user or
// organization. Empty when it may.
std::string other_holder(const StoredGrant& stored, const TokenAnswer& answer);

}  // namespace postern::grants
