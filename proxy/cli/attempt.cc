#include "cli/attempt.h"

namespace postern::cli {

AuthorizationSecrets make_authorization_secrets() {
  return {Secret(grants::make_state()), grants::make_pkce()};
}

std::string url_for(const Attempt& attempt, const AuthorizationSecrets& secrets,
                    std::string_view redirect_uri) {
  return grants::authorization_url(
      attempt.grant(),
      {std::string(redirect_uri), std::string(secrets.state.reveal()), secrets.pkce.challenge});
}

Result<grants::TokenAnswer> exchange(const Attempt& attempt, const Secret& code,
                                     const grants::Pkce& pkce, std::string_view redirect_uri) {
  runtime::CallResult result = attempt.calls.post(
      attempt.setup, grants::code_request(attempt.grant(), code, pkce, redirect_uri));
  if (!result.ok) {
    return fail("the code could not be exchanged for a token (" + result.stage + ": " +
                printable(result.detail) + "); run the login again, a code is good only once");
  }
  auto outcome = grants::read_token_answer(result.answer, result.sent_at, result.sent_wall);
  if (outcome) return std::move(*outcome);
  return fail("Sentry gave no token for the code: " + printable(outcome.error().detail, 1000));
}

}  // namespace postern::cli
