#include "installations.h"

#include <algorithm>

#include "digest.h"
#include "jwt.h"
#include "scopes.h"
#include "world.h"

namespace postern::sandbox {
namespace {

constexpr const char* kAssertionGrant = "urn:sentry:params:oauth:grant-type:jwt-bearer";
constexpr std::int64_t kMinuteMs = 60000;

Reply unauthorized(std::string_view detail) {
  Reply reply = detail_reply(401, detail);
  reply.headers.add("WWW-Authenticate", "xBasic realm=\"api\"");
  return reply;
}

// A body with a field that is missing or null is refused in the words of Django's serializers.
std::optional<Reply> missing(const JsonObject& body, std::initializer_list<const char*> names) {
  std::vector<Json::Member> faults;
  for (const char* name : names) {
    const auto value = body.text(name);
    if (value && !value->empty()) continue;
    const char* fault = "This field is required.";
    if (value) fault = "This field may not be blank.";
    if (!value && body.has(name)) fault = "This field may not be null.";
    faults.emplace_back(name, Json(std::vector<std::string>{fault}));
  }
  if (faults.empty()) return std::nullopt;
  return json_reply(400, Json::object(faults));
}

std::string make_uuid() {
  std::string text = random_hex(16);
  text[12] = '4';
  text[16] = 'a';
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

struct Installations::Exchange {
  const Request& request;
  const JsonObject& body;
  Integration* integration = nullptr;  // who is asking
  Installation* installation = nullptr;

  std::string field(std::string_view name) const { return body.text(name).value_or(""); }
};

Installation& Installations::install(const std::string& client_id,
                                     const std::string& organization_id,
                                     const std::vector<std::string>& scopes) {
  Integration* integration = find_integration(client_id);
  if (integration == nullptr) {
    integrations_.emplace_back();
    integration = &integrations_.back();
    integration->client_id = client_id.empty() ? random_hex(32) : client_id;
    integration->client_secret = random_hex(32);
    integration->user_id = std::to_string(5000 + integrations_.size());
  }
  Installation installation;
  installation.uuid = make_uuid();
  installation.organization_id = organization_id;
  installation.scopes = with_implied(scopes);
  installation.code = random_hex(32);
  installation.code_created_ms = clock_.now_ms();
  installation.integration = integration;
  installations_.push_back(std::move(installation));
  return installations_.back();
}

bool Installations::uninstall(const std::string& uuid) {
  Installation* installation = find(uuid);
  if (installation == nullptr) return false;
  tokens_.revoke({"", uuid});
  installations_.remove_if([&](const Installation& one) { return &one == installation; });
  return true;
}

Installation* Installations::find(const std::string& uuid) {
  for (Installation& installation : installations_) {
    if (installation.uuid == uuid) return &installation;
  }
  return nullptr;
}

Integration* Installations::find_integration(const std::string& client_id) {
  for (Integration& integration : integrations_) {
    if (integration.client_id == client_id) return &integration;
  }
  return nullptr;
}

void Installations::forget_counts() {
  for (Installation& installation : installations_) installation.counts = ExchangeCounts();
  for (Integration& integration : integrations_) integration.refreshed_at_ms.clear();
}

// Who is asking, in Sentry's order: the assertion or the secret, the installation, the right to it.
std::optional<Reply> Installations::identify(Exchange& exchange, const std::string& uuid) {
  const bool asserted = exchange.field("grant_type") == kAssertionGrant;
  if (auto refused =
          asserted ? identify_by_assertion(exchange, uuid) : identify_by_secret(exchange)) {
    return refused;
  }
  exchange.installation = find(uuid);
  if (exchange.installation == nullptr) {
    return detail_reply(404, "The requested resource does not exist");
  }
  if (exchange.installation->integration != exchange.integration) {
    return detail_reply(403, "You do not have permission to perform this action.");
  }
  return std::nullopt;
}

std::optional<Reply> Installations::identify_by_secret(Exchange& exchange) {
  exchange.integration = find_integration(exchange.field("client_id"));
  const std::string secret = exchange.field("client_secret");
  if (exchange.integration == nullptr || exchange.integration->client_secret != secret) {
    return unauthorized("Invalid Client ID / Secret pair");
  }
  return std::nullopt;
}

std::optional<Reply> Installations::identify_by_assertion(Exchange& exchange,
                                                          const std::string& uuid) {
  const Installation* installation = find(uuid);
  if (installation == nullptr) return unauthorized("Installation not found");
  Integration& integration = *installation->integration;
  const auto header = exchange.request.headers.header("Authorization");
  if (!header) return unauthorized("Header is in invalid form");
  const std::vector<std::string> words = split(*header, ' ');
  if (words.size() != 2 || !same_without_case(words[0], "bearer")) {
    return unauthorized("Bearer not present in token");
  }
  const Assertion assertion = read_assertion(words[1], integration.client_secret, clock_.now_s());
  if (!assertion.problem.empty()) {
    return unauthorized("Could not validate JWT, got error: " + assertion.problem);
  }
  if (assertion.issuer != integration.client_id || assertion.subject != integration.client_id) {
    return unauthorized("JWT is not valid for this application");
  }
  if (!integration.seen_assertions.insert(assertion.id).second) {
    return unauthorized("Could not validate JWT, got error: jti was used before");
  }
  exchange.integration = &integration;
  return std::nullopt;
}

Reply Installations::authorize(const Request& request, const std::string& uuid) {
  const std::string type = request.headers.header("Content-Type").value_or("");
  if (!same_without_case(type.substr(0, type.find_first_of("; ")), "application/json")) {
    return detail_reply(415, "Unsupported media type \"" + type + "\" in request.");
  }
  const auto body = JsonObject::parse(request.body);
  if (!body)
    return detail_reply(400, "JSON parse error - Expecting value: line 1 column 1 (char 0)");
  Exchange exchange{request, *body};
  std::optional<Reply> refused;
  if (body->keys().empty()) refused = unauthorized("Invalid request");
  if (!refused) refused = identify(exchange, uuid);
  if (refused) {
    if (Installation* installation = find(uuid)) ++installation->counts.refused;
    return *refused;
  }
  const std::string kind = exchange.field("grant_type");
  Reply reply = detail_reply(403, "Invalid grant_type");
  if (kind == "authorization_code") reply = by_code(exchange);
  if (kind == "refresh_token") reply = by_refresh(exchange);
  if (kind == kAssertionGrant) reply = by_assertion(exchange);
  if (reply.status != 201) ++exchange.installation->counts.refused;
  return reply;
}

Reply Installations::by_code(Exchange& exchange) {
  if (auto refused = missing(exchange.body, {"code"})) return *refused;
  const std::string code = exchange.field("code");
  const auto owner =
      std::find_if(installations_.begin(), installations_.end(),
                   [&](const Installation& installation) { return installation.code == code; });
  if (owner == installations_.end()) return unauthorized("Could not find grant for given code");
  if (!exchange.integration->active) return unauthorized("Application is not active");
  if (&*owner != exchange.installation) return unauthorized("Forbidden grant");
  const std::int64_t age_ms = clock_.now_ms() - owner->code_created_ms;
  if (age_ms >= rules_.code_lifetime_s * 1000) return unauthorized("Grant has already expired");
  ++owner->counts.by_code;
  return json_reply(201, answer_for(this->exchange(*owner), exchange.body.text("state")));
}

const Grant& Installations::exchange(Installation& installation) {
  installation.code.clear();
  Grant grant;
  grant.kind = TokenKind::kIntegration;
  grant.client_id = installation.integration->client_id;
  grant.user_id = installation.integration->user_id;
  grant.organization_id = installation.organization_id;
  grant.installation = installation.uuid;
  grant.scopes = installation.scopes;
  return tokens_.issue(std::move(grant));
}

// Counts each refresh that is let through.
bool Installations::is_too_fast(Integration& integration) {
  if (rules_.refreshes_a_minute == 0) return false;
  auto& times = integration.refreshed_at_ms;
  const std::int64_t now = clock_.now_ms();
  while (!times.empty() && times.front() <= now - kMinuteMs) times.pop_front();
  if (static_cast<std::int64_t>(times.size()) >= rules_.refreshes_a_minute) return true;
  times.push_back(now);
  return false;
}

Reply Installations::by_refresh(Exchange& exchange) {
  const std::string token = exchange.field("refresh_token");
  tokens_.note_request(token);
  if (is_too_fast(*exchange.integration)) {
    return detail_reply(429, "Too many token refresh attempts");
  }
  if (auto refused = missing(exchange.body, {"refresh_token"})) return *refused;
  const Grant* grant = tokens_.with_refresh(token);
  if (grant == nullptr) return unauthorized("Given refresh token does not exist");
  if (grant->client_id != exchange.integration->client_id) {
    return detail_reply(400, "Token does not belong to the application");
  }
  // Of the same integration, but not this installation: Sentry's source would move it here.
  if (grant->installation != exchange.installation->uuid) {
    return unauthorized("Given refresh token does not exist");
  }
  return renewed(exchange, *grant, exchange.installation->counts.by_refresh);
}

Reply Installations::by_assertion(Exchange& exchange) {
  const Grant* grant = tokens_.of_installation(exchange.installation->uuid);
  if (grant != nullptr) tokens_.note_request(grant->refresh);
  if (is_too_fast(*exchange.integration)) {
    return detail_reply(429, "Too many token refresh attempts");
  }
  if (!rules_.assertions) {
    return detail_reply(403, "Manual token refresh is not enabled for this organization");
  }
  // The code must have been exchanged once.
  if (grant == nullptr) return unauthorized("Installation does not have a token");
  return renewed(exchange, *grant, exchange.installation->counts.by_assertion);
}

Reply Installations::renewed(Exchange& exchange, const Grant& grant, std::uint64_t& count) {
  if (!exchange.integration->active) return unauthorized("Application is not active");
  ++count;
  return json_reply(201, answer_for(tokens_.renew(grant), exchange.body.text("state")));
}

Json Installations::answer_for(const Grant& grant, const std::optional<std::string>& state) {
  return Json::object({{"id", std::to_string(grant.id)},
                       {"name", Json()},
                       {"scopes", Json(grant.scopes)},
                       {"application", Json()},
                       {"expiresAt", iso_time(grant.expires_at_ms)},
                       {"dateCreated", iso_time(grant.created_at_ms)},
                       {"state", Json::optional(state)},
                       {"token", grant.access},
                       {"refreshToken", grant.refresh},
                       {"tokenLastCharacters", grant.access.substr(grant.access.size() - 4)}});
}

const std::vector<Endpoint>& installation_endpoints() {
  static const std::vector<Endpoint> endpoints = {
      {"SentryAppAuthorizationsEndpoint", "POST",
       [](Call& call) {
         return call.world.installations.authorize(call.request, call.match.parameters.at("uuid"));
       }},
  };
  return endpoints;
}

}  // namespace postern::sandbox
