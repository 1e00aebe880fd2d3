// One attempt to log in: what every way of doing it works with.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/sentry_calls.h"
#include "config/options.h"
#include "grants/login.h"
#include "grants/oauth.h"
#include "grants/sentry_calls.h"

namespace postern::cli {

struct Attempt {
  const config::GrantSetup& setup;
  const Arguments& arguments;
  const SentryCalls& calls;
  const Clock& clock;
  Context& context;

  const grants::GrantOptions& grant() const { return setup.grant; }
  Duration timeout() const { return arguments.timeout.value_or(std::chrono::minutes(5)); }
  bool is_import() const { return !arguments.import_from.empty(); }
  grants::SentryCalls sentry() const;  // the calls, of this grant; `this` must outlive them
};

// For Sentry's own error page, which no callback tells of. `registered`: the redirect URI.
std::string error_page_hint(std::string_view registered);

// Gives the code to the token endpoint. A code is good once, so there is one try.
Result<grants::TokenAnswer> exchange(const Attempt& attempt, const Secret& code,
                                     const grants::Pkce& pkce, std::string_view redirect_uri);

}  // namespace postern::cli
