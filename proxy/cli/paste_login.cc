#include "cli/paste_login.h"

#include <ostream>

#include "cli/countdown.h"
#include "cli/input.h"
#include "grants/callback.h"

namespace postern::cli {
namespace {

Result<grants::Callback> ask(const Attempt& attempt, const Secret& state) {
  Instant end = attempt.clock.now() + attempt.timeout();
  Context& context = attempt.context;
  for (;;) {
    context.out << "Address or code: " << std::flush;
    auto line = read_line(context.input, end - attempt.clock.now());
    if (!line) {
      context.out << '\n';
      return fail(line.error().what + "; nothing was stored");
    }
    grants::Callback callback = grants::read_pasted(*line, state, attempt.grant().sentry_url);
    wipe_memory(line->data(), line->size());
    if (callback.kind != grants::Callback::Kind::kNonsense) return callback;
    context.err << "that is neither the address that the browser ended at (it has code= in it) nor "
                   "a code; try again\n"
                << std::flush;
  }
}

}  // namespace

// Nothing listens: the browser may be on another machine, where its last page cannot be shown.
Result<grants::TokenAnswer> login_by_paste(const Attempt& attempt) {
  const std::string& given = attempt.arguments.redirect_uri;
  std::string redirect_uri = given.empty() ? std::string(grants::kRedirectUri) : given;
  grants::AuthorizationSecrets secrets = grants::make_authorization_secrets();
  attempt.context.out
      << "Open this address in any browser and authorize Postern:\n\n  "
      << grants::authorization_url(attempt.grant(), secrets, redirect_uri) << "\n\n"
      << error_page_hint(redirect_uri) << "The browser then goes to " << redirect_uri
      << " and may show an error there, which does not matter: copy the whole\naddress from its "
         "address bar and paste it here within "
      << minutes(attempt.timeout()) << " minutes.\n";
  auto callback = ask(attempt, secrets.state);
  if (!callback) return tl::unexpected(callback.error());
  if (callback->kind == grants::Callback::Kind::kStranger) {
    return fail(
        "the state in that address is of another login, so it was not used; nothing was "
        "stored. Run the login again and open the address that it prints");
  }
  if (callback->kind == grants::Callback::Kind::kError)
    return fail(grants::explain_error(callback->error, attempt.grant()));
  return exchange(attempt, callback->code, secrets.pkce, redirect_uri);
}

}  // namespace postern::cli
