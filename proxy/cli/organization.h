// Does a new token reach the organization it is meant for?
#pragma once

#include <string>

#include "base/result.h"
#include "cli/attempt.h"
#include "cli/documents.h"

namespace postern::cli {

// Why it is not known that the token reaches the organization; for people.
struct NotVerified {
  bool is_refusal = false;  // Sentry says that it does not; else Sentry could not be asked
  std::string what;
};

// Asks Sentry with the token. The organization with its id; or why the token is of no use for this
// grant, with what it does reach. A token that is very new may not be known everywhere yet, so a
// refusal is asked about again for some seconds. Without a way to Sentry an import is not: its
// token is not lost by giving up.
Result<SeenOrganization, NotVerified> verify_organization(const Attempt& attempt,
                                                          const grants::TokenAnswer& answer);

}  // namespace postern::cli
