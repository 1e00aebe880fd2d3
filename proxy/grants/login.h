// Logging in: what every way of connecting a grant has in common, a command's and the page's.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "grants/oauth.h"
#include "grants/options.h"
#include "grants/sentry_calls.h"
#include "grants/token_source.h"

namespace postern::grants {

// What is registered at Sentry, where it stands without a port and so matches any.
inline constexpr std::string_view kRedirectUri = "http://127.0.0.1/oauth/callback";

// The secrets of one authorization request; new for each.
struct AuthorizationSecrets {
  Secret state;
  Pkce pkce;
};
AuthorizationSecrets make_authorization_secrets();

// The URL to be opened.
std::string authorization_url(const GrantOptions& grant, const AuthorizationSecrets& secrets,
                              std::string_view redirect_uri);

// Why a token endpoint gave nothing: `detail`, and what to do where the answer's error code tells.
std::string explain_refusal(const GrantOptions& grant, const std::string& detail,
                            const EndpointAnswer& answer);

// Gives the code to the token endpoint. A code is good once, so there is one try. Blocks.
Result<TokenAnswer> exchange_code(const GrantOptions& grant, const SentryCalls& calls,
                                  const EndpointRequest& request);

}  // namespace postern::grants
