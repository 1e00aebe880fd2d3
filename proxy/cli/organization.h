// Does a new token reach the organization it is meant for?
#pragma once

#include "base/result.h"
#include "cli/attempt.h"
#include "cli/documents.h"

namespace postern::cli {

// Asks Sentry with the token. The organization with its id; or why the token is of no use for this
// grant, with what it does reach. A token that is very new may not be known everywhere yet, so a
// refusal is asked about again for some seconds.
Result<SeenOrganization> verify_organization(const Attempt& attempt,
                                             const grants::TokenAnswer& answer);

}  // namespace postern::cli
