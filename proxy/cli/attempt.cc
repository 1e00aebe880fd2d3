#include "cli/attempt.h"

#include "grants/documents.h"

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

std::string error_page_hint(std::string_view registered) {
  return "If Sentry shows an error there instead of asking: client.id is not that of an "
         "application, or the\napplication's settings do not have the redirect URI " +
         std::string(registered) + ".\n";
}

std::string explain_refusal(const Attempt& attempt, const std::string& detail,
                            const grants::EndpointAnswer& answer) {
  const std::string said = printable(detail, 1000);
  const std::string code = grants::read_error_code(answer.body.reveal());
  const std::string meaning = grants::error_meaning(code, attempt.grant());
  const bool is_public = attempt.grant().client.secret.empty();
  if (code == "invalid_client" && is_public)
    return said + "; client.secret is empty, which is right only for a Public application";
  return meaning.empty() || code == "invalid_client" ? said : said + ": " + meaning;
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
  return fail("Sentry gave no token for the code: " +
              explain_refusal(attempt, outcome.error().detail, result.answer));
}

}  // namespace postern::cli
