// One operation of Sentry's web API, as the endpoint table describes it: conf/sentry-endpoints.tsv
// says what its columns mean and how far to trust them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http/method.h"

namespace postern::policy {

// What a caller has to show.
enum class Access : uint8_t {
  kScopes,        // a token with any one of the scopes
  kPublic,        // nothing
  kAnyToken,      // a valid credential, whatever its scopes
  kSession,       // a browser's session: no token passes
  kClientSecret,  // id and secret of a Sentry App, in the body
  kUnknown,
};

// What shares a counter of Sentry's limiter with this operation.
enum class Counter : uint8_t {
  kGroup,  // every endpoint of the group with the same method
  kOwn,    // only what the same class serves with the same method, by another path
  kUnknown,
};

enum class Status : uint8_t {
  kPublished,
  kDeprecated,    // published all the same
  kAlias,         // a second path of a published operation
  kExperimental,  // in the open source, not published
  kPrivate,       // in the open source, not published
  kClosed,        // not in the open source
};

// Does Sentry publish what the operation takes? An alias is another path to one of which it does.
constexpr bool is_published(Status status) {
  return status == Status::kPublished || status == Status::kDeprecated || status == Status::kAlias;
}

// The views point into the table's text.
struct Endpoint {
  http::Method method = http::Method::kOther;
  std::string_view path;  // template: /api/0/organizations/{organization_id_or_slug}/
  Access access = Access::kUnknown;
  std::vector<std::string_view> scopes;  // any one suffices, the narrowest first
  bool accepts_dsn = false;              // instead of a token
  std::string_view limits;               // as in the table: first guesses
  Counter counter = Counter::kUnknown;
  std::string_view counter_group;  // kGroup: Sentry's name of it
  Status status = Status::kPrivate;
  std::string_view view;       // the class that serves it; "-": not known
  std::string_view operation;  // id in Sentry's OpenAPI document, or class::method
  size_t line = 0;             // of the table
};

}  // namespace postern::policy
