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
#include "grants/oauth.h"

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
};

// What is registered at Sentry, where it stands without a port and so matches any.
inline constexpr std::string_view kRedirectUri = "http://127.0.0.1/oauth/callback";

// The secrets of one authorization request; new for each.
struct AuthorizationSecrets {
  Secret state;
  grants::Pkce pkce;
};
AuthorizationSecrets make_authorization_secrets();

// The URL to be opened.
std::string url_for(const Attempt& attempt, const AuthorizationSecrets& secrets,
                    std::string_view redirect_uri);

// For Sentry's own error page, which no callback tells of. `registered`: the redirect URI.
std::string error_page_hint(std::string_view registered);

// Why a token endpoint gave nothing: `detail`, and what to do where the answer's error code tells.
std::string explain_refusal(const Attempt& attempt, const std::string& detail,
                            const grants::EndpointAnswer& answer);

// Gives the code to the token endpoint. A code is good once, so there is one try.
Result<grants::TokenAnswer> exchange(const Attempt& attempt, const Secret& code,
                                     const grants::Pkce& pkce, std::string_view redirect_uri);

}  // namespace postern::cli
