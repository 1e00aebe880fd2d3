// Access: who is calling, and whether this call may be made.
#pragma once

#include <optional>
#include <string>

#include "call.h"
#include "tokens.h"

namespace postern::sandbox {

// Who the limiter counts a request for.
struct Caller {
  std::string category;  // `user`, `org` for integrations, else `ip`
  std::string id;
  std::string token;  // as presented, empty if none
  Credential credential;
  std::optional<Reply> refused;  // the 401, when there is no valid token
};

Caller identify(const World& world, const Request& request);

// The checks in Sentry's order: token, origin, scope, organization, project. Fills in the call;
// what comes back is the refusal.
std::optional<Reply> refuse(Call& call, const Caller& caller);

}  // namespace postern::sandbox
