// Does a new token reach the organization it is meant for?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "grants/options.h"
#include "grants/sentry_calls.h"
#include "grants/stored_grant.h"

namespace postern::grants {

// Why it is not known that the token reaches the organization; for people.
struct NotVerified {
  bool is_refusal = false;  // Sentry says that it does not; else Sentry could not be asked
  std::string what;
};

// What to do while there is no way to Sentry.
enum class Patience : uint8_t {
  kTryAgain,  // the token has just been obtained and would be lost
  kGiveUp,    // it is not lost by giving up
};

// Asks Sentry with the token. The organization with its id; or why the token is of no use for this
// grant, with what it does reach. A token that is very new may not be known everywhere yet, so a
// refusal is asked about again for some seconds. Blocks.
Result<Organization, NotVerified> verify_organization(const GrantOptions& grant,
                                                      const SentryCalls& calls,
                                                      const TokenAnswer& answer,
                                                      Patience patience = Patience::kTryAgain);

// What an answer's status says about a token that asked for its organization; empty: nothing.
std::string_view advice_on(int status);

}  // namespace postern::grants
