#include "cli/attempt.h"

namespace postern::cli {

grants::SentryCalls Attempt::sentry() const {
  return {[this](const grants::EndpointRequest& request) { return calls.post(setup, request); },
          [this](const Secret& access_token, std::string_view path) {
            return calls.get(setup, access_token, path);
          },
          calls.sleep};
}

std::string error_page_hint(std::string_view registered) {
  return "If Sentry shows an error there instead of asking: client.id is not that of an "
         "application, or the\napplication's settings do not have the redirect URI " +
         std::string(registered) + ".\n";
}

Result<grants::TokenAnswer> exchange(const Attempt& attempt, const Secret& code,
                                     const grants::Pkce& pkce, std::string_view redirect_uri) {
  return grants::exchange_code(attempt.grant(), attempt.sentry(),
                               grants::code_request(attempt.grant(), code, pkce, redirect_uri));
}

}  // namespace postern::cli
