#include "admin/connect.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "admin/cookies.h"
#include "admin/query.h"
#include "admin/words.h"
#include "base/text.h"
#include "grants/callback.h"
#include "grants/login.h"
#include "policy/scopes.h"

namespace postern::admin {
namespace {

constexpr std::string_view kCallbackPath = "/oauth/callback";
constexpr Duration kCookieLifetime = std::chrono::hours(12);
// Longer than the exchange, the look at the organization and the store's lock take together.
constexpr Duration kPatience = std::chrono::minutes(5);
constexpr std::string_view kHowToEnter =
    "Open the address that postern status prints: it has the admin token of this instance in it.";
constexpr std::string_view kAgain = " Nothing was stored. Start again from the status page.";

Response message(int status, std::string_view title, std::string_view text) {
  Response response = Response::page(render_message(title, text));
  response.status = status;
  return response;
}

Response read_only() {
  return message(403, "Nothing is connected here",
                 "admin.read_only is true in the configuration: this page shows and changes "
                 "nothing. postern login connects a grant; or set admin.read_only to false.");
}

// Why Sentry must not be asked for these scopes; empty: it may.
std::string fault_of(const std::vector<std::string>& scopes) {
  for (const std::string& scope : scopes)
    if (auto fault = policy::scope_fault(scope)) return *fault;
  if (!policy::covers(scopes, "org:read"))
    return "org:read is missing, without which nobody can look whether the token reaches the "
           "organization";
  return {};
}

std::vector<std::string> without_redundant(std::vector<std::string> scopes) {
  std::sort(scopes.begin(), scopes.end());
  scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
  for (const auto& [narrow, wide] : policy::redundant_scopes(scopes)) std::erase(scopes, narrow);
  return scopes;
}

Response page_of(PendingConnections::Fault fault) {
  using Fault = PendingConnections::Fault;
  const std::string again(kAgain);
  switch (fault) {
    case Fault::kUnknown:
      break;
    case Fault::kOtherBrowser:
      return message(403, "Not this browser",
                     "This login was begun in another browser, or a newer one has been begun in "
                     "this one." +
                         again);
    case Fault::kExpired:
      return message(410, "Too late", "The login has taken longer than 10 minutes." + again);
    case Fault::kUsed:
      return message(409, "Used already",
                     "This login has been answered already; an answer is taken once. The status "
                     "page says how it ended.");
  }
  return message(400, "Not this login",
                 "This answer belongs to no login that was begun here, or to one before Postern "
                 "was started." +
                     again);
}

// An answer that somebody may have stopped waiting for.
struct Waiting {
  Deferred deferred;
};

void tell(const std::weak_ptr<Waiting>& waiting, Response response) {
  if (const auto still = waiting.lock()) still->deferred.answer(std::move(response));
}

}  // namespace

Connect::Connect(Connector& connector, bool is_read_only, std::function<Instant()> now)
    : connector_(connector),
      is_read_only_(is_read_only),
      now_(std::move(now)),
      cookie_(grants::make_state()),
      form_token_(grants::make_state()) {}

// ---------------------------------------------------------------------------- who may, and where

// Cookies do not tell ports apart, but two instances must.
std::string Connect::cookie_name(std::string_view use) const {
  return "postern_" + std::string(use) + "_" + address_.substr(address_.rfind(':') + 1);
}

bool Connect::has_cookie(const Request& request) const {
  return cookie_value(request.cookies, cookie_name("page")) == cookie_;
}

bool Connect::shows_token(const Request& request, const Form& form) const {
  const Secret shown = form.secret("token");
  if (shown.empty()) return false;
  return shown == token_ || (has_cookie(request) && shown == form_token_);
}

// The name that is registered at Sentry, with the port that the browser uses.
std::string Connect::own_origin(std::string_view host) const {
  if (address_.empty() || address_.starts_with("unix:")) return {};
  const std::string_view name = address_.starts_with('[') ? "[::1]" : "127.0.0.1";
  if (!host.starts_with(name)) return {};
  const std::string_view port = host.substr(name.size());
  return port.empty() || port.front() == ':' ? "http://" + std::string(host) : std::string();
}

const grants::GrantOptions* Connect::find(std::string_view grant) const {
  for (const grants::GrantOptions* one : connector_.grants())
    if (one->name == grant) return one;
  return nullptr;
}

Response Connect::enter(const Request& request) {
  static constexpr std::array<std::string_view, 1> kParts{"token"};
  auto query = parse_query(request.query, kParts);
  Response response = Response::see_other("/");
  if (is_read_only_) return response;
  if (!query || token_.empty() || !(Secret((*query)["token"]) == token_))
    return message(403, "Not the token of this instance", kHowToEnter);
  response.cookies.push_back(to_field({cookie_name("page"), cookie_, "/", kCookieLifetime}));
  return response;
}

Connect::Asked Connect::read(const Request& request) const {
  Asked asked;
  if (is_read_only_) {
    asked.refusal = read_only();
    return asked;
  }
  // Who shows the token as programs do, or comes by a unix socket, is no browser.
  if (!request.is_own_page && !request.may_change) {
    asked.refusal = message(403, "Not sent by this page",
                            "The form has to come from the status page of this very address.");
    return asked;
  }
  auto form = Form::parse(request.body);
  if (!form) {
    asked.refusal = message(400, "Not understood", form.error().what);
  } else if (!request.may_change && !shows_token(request, *form)) {
    asked.refusal = message(403, "The admin token is missing", kHowToEnter);
  } else if (asked.grant = find(form->value("grant")); asked.grant == nullptr) {
    asked.refusal = message(404, "No such grant", "No grant of kind oauth has that name.");
  } else {
    asked.form.emplace(std::move(*form));
  }
  return asked;
}

// ----------------------------------------------------------------------------- there and back

Response Connect::begin(const Request& request) {
  Asked asked = read(request);
  if (!asked.form) return std::move(asked.refusal);
  const std::string origin = own_origin(request.host);
  if (origin.empty())
    return message(400, "Not from here",
                   "Sentry cannot lead back to this address. Open the page "
                   "at 127.0.0.1, as postern status prints it.");
  const grants::GrantOptions& grant = *asked.grant;
  if (grant.client.id.empty())
    return message(400, "No application",
                   "client.id is not set: it is the Client ID of your "
                   "application at Sentry. Set it, and start again.");
  PendingConnection pending{grant.name, without_redundant(asked.form->words("scopes")),
                            origin + std::string(kCallbackPath),
                            asked.form->value("replace") == "yes",
                            grants::make_authorization_secrets()};
  if (const std::string fault = fault_of(pending.scopes); !fault.empty())
    return message(400, "These scopes cannot be asked for", fault + ".");
  grants::GrantOptions wanted = grant;
  wanted.scopes = pending.scopes;
  Response response =
      Response::see_other(grants::authorization_url(wanted, pending.secrets, pending.redirect_uri));
  Secret cookie = pending_.add(std::move(pending), now_());
  response.cookies.push_back(to_field({cookie_name("connect"), std::move(cookie),
                                       std::string(kCallbackPath), PendingConnections::kLifetime}));
  return response;
}

Response Connect::refuse(const std::string& grant, int status, std::string_view title,
                         std::string text) {
  Response response = message(status, title, text);
  notes_[grant] = {false, std::string(title) + ": " + std::move(text), {}};
  return response;
}

Response Connect::callback(const Request& request) {
  if (is_read_only_) return read_only();
  if (request.is_head) return message(405, "Not allowed", "The answer to a login comes by GET.");
  auto taken = pending_.take(grants::read_state(request.query),
                             cookie_value(request.cookies, cookie_name("connect")), now_());
  if (!taken.connection) return page_of(taken.fault);
  PendingConnection& pending = *taken.connection;
  const grants::GrantOptions* grant = find(pending.grant);
  if (grant == nullptr) return message(404, "No such grant", "It is not configured any more.");
  grants::Callback answer =
      grants::read_callback(request.query, pending.secrets.state, grant->sentry_url);
  using Kind = grants::Callback::Kind;
  if (answer.kind == Kind::kError) {
    const bool is_denied = answer.error == "access_denied";
    return refuse(pending.grant, is_denied ? 403 : 502,
                  is_denied ? "Not authorized" : "Sentry refused",
                  grants::explain_error(answer.error, *grant) + "." + std::string(kAgain));
  }
  if (answer.kind != Kind::kCode)
    return refuse(pending.grant, 400, "Not an answer",
                  "There is neither a code nor an error of this Sentry in the address." +
                      std::string(kAgain));
  return answer_code(std::move(pending), std::move(answer.code));
}

// The code is exchanged whether or not the browser waits.
Response Connect::answer_code(PendingConnection pending, Secret code) {
  auto order = std::make_shared<ConnectOrder>(
      ConnectOrder{pending.grant, std::move(pending.scopes), std::move(pending.redirect_uri),
                   pending.replace, std::move(pending.secrets.pkce), std::move(code)});
  Response response = Response::deferred([this, order](Deferred deferred) -> Work {
    auto waiting = std::make_shared<Waiting>(Waiting{std::move(deferred)});
    const std::string grant = order->grant;
    connector_.connect(std::move(*order), [this, grant, still = std::weak_ptr(waiting)](
                                              const Result<Connected, grants::NotKept>& outcome) {
      tell(still, on_connected(grant, outcome));
    });
    return waiting;
  });
  response.patience = kPatience;
  return response;
}

Response Connect::on_connected(const std::string& grant,
                               const Result<Connected, grants::NotKept>& outcome) {
  if (!outcome) {
    std::string text = outcome.error().what +
                       ". Nothing was stored; what was authorized just now "
                       "can be removed at Sentry under Settings > Account > Authorized "
                       "Applications.";
    if (outcome.error().is_taken)
      text +=
          " If it is meant to take the place of what is stored, connect again and tick "
          "\"replace it\".";
    return refuse(grant, outcome.error().is_taken ? 409 : 502, "Not connected", std::move(text));
  }
  const grants::GrantOptions* options = find(grant);
  ConnectNote note{true, "Connected", {}};
  if (!outcome->user.empty()) note.text += " as " + outcome->user;
  if (options != nullptr) {
    note.text += ", organization " + options->organization;
    note.command = curl_line(*options);
  }
  note.text += ". The grant " + grant + " may: " + text::joined(outcome->scopes) + ".";
  notes_[grant] = std::move(note);
  return Response::see_other("/#connect");
}

std::string Connect::curl_line(const grants::GrantOptions& grant) const {
  const std::string url = connector_.api_url();
  if (url.empty()) return {};
  const bool is_only = connector_.grants().size() == 1;
  return "curl " + std::string(is_only ? "" : "-H 'X-Postern-Grant: " + grant.name + "' ") + url +
         "/api/0/organizations/" + grant.organization + "/";
}

// -------------------------------------------------------------------------------------- trying it

Response Connect::test(const Request& request) {
  Asked asked = read(request);
  if (!asked.form) return std::move(asked.refusal);
  Response response =
      Response::deferred([this, grant = asked.grant->name](Deferred deferred) -> Work {
        auto waiting = std::make_shared<Waiting>(Waiting{std::move(deferred)});
        connector_.test(grant, [this, grant, still = std::weak_ptr(waiting)](const Trial& trial) {
          tell(still, on_tested(grant, trial));
        });
        return waiting;
      });
  response.patience = kPatience;
  return response;
}

Response Connect::on_tested(const std::string& grant, const Trial& trial) {
  const grants::GrantOptions* options = find(grant);
  const std::string what =
      options == nullptr ? grant : "GET /api/0/organizations/" + options->organization + "/";
  const std::string status = trial.status == 0 ? "not answered" : std::to_string(trial.status);
  ConnectNote note{
      trial.problem.empty(), what + ": " + status + " in " + short_words(trial.took) + ".", {}};
  if (!note.is_good) note.text += " " + trial.problem;
  if (note.is_good && options != nullptr) note.command = curl_line(*options);
  notes_[grant] = std::move(note);
  return Response::see_other("/#connect");
}

// ------------------------------------------------------------------------------------ the section

ConnectView Connect::view(const Request& request, const StatusReport& report) const {
  ConnectView view;
  if (is_read_only_) {
    view.off = "admin.read_only is true: this page connects nothing.";
    return view;
  }
  const std::string origin = own_origin(request.host);
  if (address_.empty() || address_.starts_with("unix:")) {
    view.off =
        "A browser cannot be led back to a unix socket: set admin.listen to an address, or "
        "use postern login.";
    return view;
  }
  if (origin.empty()) view.elsewhere = "http://" + address_ + "/";
  view.redirect_uri = origin + std::string(kCallbackPath);
  if (has_cookie(request)) view.form_token = form_token_.reveal();
  for (const grants::GrantOptions* grant : connector_.grants()) {
    ConnectEntry entry{grant, false, {}};
    for (const GrantReport& one : report.grants)
      if (one.name == grant->name) entry.has_token = one.generation > 0;
    if (const auto note = notes_.find(grant->name); note != notes_.end()) entry.note = note->second;
    view.entries.push_back(std::move(entry));
  }
  return view;
}

std::string Connect::form_targets() const {
  std::string targets = "'self'";
  for (const grants::GrantOptions* grant : connector_.grants()) {
    if (targets.find(grant->sentry_url) != std::string::npos) continue;
    targets += " " + grant->sentry_url;
    // An organization's own name below sentry.io.
    if (grant->sentry_url == "https://sentry.io") targets += " https://*.sentry.io";
  }
  return targets;
}

}  // namespace postern::admin
