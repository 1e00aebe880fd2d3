#include "grants/login.h"

#include <utility>

#include "base/printable.h"
#include "grants/documents.h"

namespace postern::grants {

using text::printable;

AuthorizationSecrets make_authorization_secrets() {
  return {Secret(make_state()), make_pkce()};
}

std::string authorization_url(const GrantOptions& grant, const AuthorizationSecrets& secrets,
                              std::string_view redirect_uri) {
  return authorization_url(
      grant, AuthorizationRequest{std::string(redirect_uri), std::string(secrets.state.reveal()),
                                  secrets.pkce.challenge});
}

std::string explain_refusal(const GrantOptions& grant, const std::string& detail,
                            const EndpointAnswer& answer) {
  const std::string said = printable(detail, 1000);
  const std::string code = read_error_code(answer.body.reveal());
  const std::string meaning = error_meaning(code, grant);
  if (code == "invalid_client" && grant.client.secret.empty())
    return said + "; client.secret is empty, which is right only for a Public application";
  return meaning.empty() || code == "invalid_client" ? said : said + ": " + meaning;
}

Result<TokenAnswer> exchange_code(const GrantOptions& grant, const SentryCalls& calls,
                                  const EndpointRequest& request) {
  CallResult result = calls.post(request);
  if (!result.ok) {
    return fail("the code could not be exchanged for a token (" + result.stage + ": " +
                printable(result.detail) + "); run the login again, a code is good only once");
  }
  auto outcome = read_token_answer(result.answer, result.sent_at, result.sent_wall);
  if (outcome) return std::move(*outcome);
  return fail("Sentry gave no token for the code: " +
              explain_refusal(grant, outcome.error().detail, result.answer));
}

}  // namespace postern::grants
