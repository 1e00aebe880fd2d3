#include "grants/oauth.h"

#include <chrono>
#include <utility>

#include "base/base64.h"
#include "base/percent.h"
#include "base/text.h"
#include "grants/digest.h"
#include "grants/documents.h"

namespace postern::grants {
namespace {

constexpr std::string_view kTokenPath = "/oauth/token/";
constexpr std::string_view kDevicePath = "/oauth/device/code/";
constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
constexpr std::string_view kJwtGrant = "urn:sentry:params:oauth:grant-type:jwt-bearer";

// application/x-www-form-urlencoded, of which percent-encoding of everything odd is a part.
void add(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  form += text::percent_encoded(name) + "=" + text::percent_encoded(value);
}

// How the client proves itself, and what the configuration adds. (RFC 6749 §2.3.1; Sentry refuses
// both ways at once.)
EndpointRequest form_request(const GrantOptions& grant, std::string_view target, std::string form,
                             const Parameters& extra) {
  const Client& client = grant.client;
  EndpointRequest request;
  request.target = target;
  request.content_type = "application/x-www-form-urlencoded";
  if (client.auth == ClientAuth::kBasic && !client.secret.empty()) {
    std::string pair =
        text::percent_encoded(client.id) + ":" + text::percent_encoded(client.secret.reveal());
    request.authorization = Secret("Basic " + std::string(text::to_base64(pair).reveal()));
    wipe_memory(pair.data(), pair.size());
  } else {
    add(form, "client_id", client.id);
    if (!client.secret.empty()) add(form, "client_secret", client.secret.reveal());
  }
  for (const auto& [name, value] : extra) add(form, name, value);
  request.body = Secret(std::move(form));
  return request;
}

EndpointRequest json_request(const GrantOptions& grant, Parameters members) {
  for (const auto& parameter : grant.token_parameters) members.push_back(parameter);
  EndpointRequest request;
  request.target = "/api/0/sentry-app-installations/" + grant.installation + "/authorizations/";
  request.content_type = "application/json";
  request.body = format_members(members);
  for (auto& [name, value] : members) wipe_memory(value.data(), value.size());
  return request;
}

// One that holds the client's secret, unless there is none.
EndpointRequest installation_request(const GrantOptions& grant, Parameters members) {
  members.emplace_back("client_id", grant.client.id);
  if (!grant.client.secret.empty())
    members.emplace_back("client_secret", std::string(grant.client.secret.reveal()));
  return json_request(grant, std::move(members));
}

}  // namespace

Pkce make_pkce() {
  std::string verifier = base64url(random_bytes(32));
  std::string challenge = base64url(sha256(verifier));
  return {Secret(std::move(verifier)), std::move(challenge)};
}

std::string make_state() {
  return base64url(random_bytes(24));
}

std::string authorization_url(const GrantOptions& grant, const AuthorizationRequest& request) {
  std::string query;
  add(query, "response_type", "code");
  add(query, "client_id", grant.client.id);
  add(query, "redirect_uri", request.redirect_uri);
  if (!grant.scopes.empty()) add(query, "scope", text::joined(grant.scopes));
  add(query, "state", request.state);
  add(query, "code_challenge", request.challenge);
  add(query, "code_challenge_method", "S256");
  for (const auto& [name, value] : grant.authorize_parameters) add(query, name, value);
  return grant.sentry_url + "/oauth/authorize/?" + query;
}

EndpointRequest code_request(const GrantOptions& grant, const Secret& code, const Pkce& pkce,
                             std::string_view redirect_uri) {
  std::string form;
  add(form, "grant_type", "authorization_code");
  add(form, "code", code.reveal());
  add(form, "redirect_uri", redirect_uri);
  add(form, "code_verifier", pkce.verifier.reveal());
  return form_request(grant, kTokenPath, std::move(form), grant.token_parameters);
}

// No scope, whoever asks for one: Sentry refuses it here.
EndpointRequest refresh_request(const GrantOptions& grant, const Secret& refresh_token) {
  std::string form;
  add(form, "grant_type", "refresh_token");
  add(form, "refresh_token", refresh_token.reveal());
  Parameters extra = grant.token_parameters;
  std::erase_if(extra, [](const auto& parameter) { return parameter.first == "scope"; });
  return form_request(grant, kTokenPath, std::move(form), extra);
}

EndpointRequest device_code_request(const GrantOptions& grant) {
  std::string form;
  if (!grant.scopes.empty()) add(form, "scope", text::joined(grant.scopes));
  return form_request(grant, kDevicePath, std::move(form), grant.token_parameters);
}

EndpointRequest device_token_request(const GrantOptions& grant, const Secret& device_code) {
  std::string form;
  add(form, "grant_type", kDeviceGrant);
  add(form, "device_code", device_code.reveal());
  return form_request(grant, kTokenPath, std::move(form), grant.token_parameters);
}

EndpointRequest installation_code_request(const GrantOptions& grant, const Secret& code) {
  return installation_request(
      grant, {{"grant_type", "authorization_code"}, {"code", std::string(code.reveal())}});
}

EndpointRequest installation_refresh_request(const GrantOptions& grant,
                                             const Secret& refresh_token) {
  return installation_request(grant, {{"grant_type", "refresh_token"},
                                      {"refresh_token", std::string(refresh_token.reveal())}});
}

// Sentry takes no `iat` of its future, so it is a little in our past.
EndpointRequest installation_jwt_request(const GrantOptions& grant, WallTime now) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::string claims =
      format_claims(grant.client.id, seconds - 30, seconds + 60, base64url(random_bytes(16)));
  const std::string head = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims);
  const std::string signature = base64url(hmac_sha256(grant.client.secret.reveal(), head));
  EndpointRequest request = json_request(grant, {{"grant_type", std::string(kJwtGrant)}});
  request.authorization = Secret("Bearer " + head + "." + signature);
  return request;
}

}  // namespace postern::grants
