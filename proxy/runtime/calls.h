// Calls to Sentry for commands: one at a time, waiting for the answer, with no server running.
#pragma once

#include <string>
#include <string_view>

#include "config/options.h"
#include "grants/oauth.h"
#include "grants/sentry_calls.h"

namespace postern::runtime {

using grants::CallResult;

// To the token endpoints of the grant's Sentry.
CallResult call(const config::Options& options, const config::GrantSetup& setup,
                const grants::EndpointRequest& request);
// GET with a token, such as /api/0/organizations/acme/.
CallResult get(const config::Options& options, const config::GrantSetup& setup,
               const Secret& access_token, std::string_view path);

}  // namespace postern::runtime
