#include "grants/oauth.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

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
std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

void add(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  form += escaped(name) + "=" + escaped(value);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// How the client proves itself, and what the configuration adds. (RFC 6749 §2.3.1; Sentry refuses
// both ways at once.)
EndpointRequest form_request(const GrantOptions& grant, std::string_view target, std::string form) {
  const Client& client = grant.client;
  EndpointRequest request;
  request.target = target;
  request.content_type = "application/x-www-form-urlencoded";
  if (client.auth == ClientAuth::kBasic && !client.secret.empty()) {
    std::string pair = escaped(client.id) + ":" + escaped(client.secret.reveal());
    request.authorization = Secret("Basic " + base64(pair));
    wipe_memory(pair.data(), pair.size());
  } else {
    add(form, "client_id", client.id);
    if (!client.secret.empty()) add(form, "client_secret", client.secret.reveal());
  }
  for (const auto& [name, value] : grant.token_parameters) add(form, name, value);
  request.body = Secret(std::move(form));
  return request;
}

EndpointRequest installation_request(const GrantOptions& grant, Parameters members) {
  members.emplace_back("client_id", grant.client.id);
  members.emplace_back("client_secret", std::string(grant.client.secret.reveal()));
  for (const auto& parameter : grant.token_parameters) members.push_back(parameter);
  EndpointRequest request;
  request.target = "/api/0/sentry-app-installations/" + grant.installation + "/authorizations/";
  request.content_type = "application/json";
  request.body = format_members(members);
  for (auto& [name, value] : members) wipe_memory(value.data(), value.size());
  return request;
}

std::string printable(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 100)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

// Seconds only: a date would be read against a clock that may be wrong. (RFC 9110 §10.2.3)
std::optional<Duration> read_retry_after(std::string_view value) {
  auto seconds = text::parse_unsigned(value);
  if (!seconds) return {};
  return std::chrono::seconds(std::min<uint64_t>(*seconds, 24 * 3600));
}

TokenRefusal refusal(TokenRefusal::Kind kind, std::string detail) {
  return {kind, std::move(detail), {}};
}

// A refusal by its code. A 401 is no proof of anything but where it names the client.
TokenRefusal read_refusal(const EndpointAnswer& answer) {
  using Why = TokenRefusal::Kind;
  const std::string code = read_error_code(answer.body.reveal());
  const std::string said = "the token endpoint answered " + std::to_string(answer.status) +
                           (code.empty() ? "" : " " + printable(code));
  const bool client_error = answer.status >= 400 && answer.status < 500;
  if (client_error && code == "invalid_grant") return refusal(Why::kInvalidGrant, said);
  for (std::string_view of_client : {"invalid_client", "unauthorized_client", "invalid_request",
                                     "unsupported_grant_type", "invalid_scope"}) {
    if (client_error && code == of_client) return refusal(Why::kClient, said);
  }
  TokenRefusal made = refusal(Why::kTransient, said);
  made.retry_after = read_retry_after(answer.retry_after);
  return made;
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
  add(query, "scope", joined(grant.scopes));
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
  return form_request(grant, kTokenPath, std::move(form));
}

// No scope: Sentry refuses one here.
EndpointRequest refresh_request(const GrantOptions& grant, const Secret& refresh_token) {
  std::string form;
  add(form, "grant_type", "refresh_token");
  add(form, "refresh_token", refresh_token.reveal());
  return form_request(grant, kTokenPath, std::move(form));
}

EndpointRequest device_code_request(const GrantOptions& grant) {
  std::string form;
  add(form, "scope", joined(grant.scopes));
  return form_request(grant, kDevicePath, std::move(form));
}

EndpointRequest device_token_request(const GrantOptions& grant, const Secret& device_code) {
  std::string form;
  add(form, "grant_type", kDeviceGrant);
  add(form, "device_code", device_code.reveal());
  return form_request(grant, kTokenPath, std::move(form));
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
  EndpointRequest request;
  request.target = "/api/0/sentry-app-installations/" + grant.installation + "/authorizations/";
  request.content_type = "application/json";
  request.authorization = Secret("Bearer " + head + "." + signature);
  request.body = format_members({{"grant_type", std::string(kJwtGrant)}});
  return request;
}

TokenOutcome read_token_answer(const EndpointAnswer& answer, Instant sent_at, WallTime sent_wall) {
  if (answer.status != 200 && answer.status != 201) return tl::unexpected(read_refusal(answer));
  auto token = parse_token_answer(answer.body.reveal(), sent_wall);
  if (!token) {
    return tl::unexpected(
        refusal(TokenRefusal::Kind::kLost,
                "the token endpoint's answer cannot be used: " + token.error().what));
  }
  token->sent_at = sent_at;
  return std::move(*token);
}

Result<DeviceCode> read_device_code(const EndpointAnswer& answer, std::string_view sentry_url) {
  if (answer.status != 200) return fail(read_refusal(answer).detail);
  auto code = parse_device_code(answer.body.reveal());
  if (!code) return code;
  const std::string origin = std::string(sentry_url) + "/";
  for (const std::string& url : {code->verification_uri, code->verification_uri_complete}) {
    if (!url.empty() && !url.starts_with(origin))
      return fail("the device code leads to another place than " + std::string(sentry_url) +
                  ", which is not trusted: " + printable(url));
  }
  return code;
}

DevicePollAnswer read_device_poll(const EndpointAnswer& answer, Instant sent_at,
                                  WallTime sent_wall) {
  DevicePollAnswer result;
  if (answer.status == 200) {
    auto token = read_token_answer(answer, sent_at, sent_wall);
    if (token) return {DevicePoll::kDone, std::move(*token), {}};
    result.detail = token.error().detail;
    return result;
  }
  constexpr std::array<std::pair<std::string_view, DevicePoll>, 4> kCodes{{
      {"authorization_pending", DevicePoll::kPending},
      {"slow_down", DevicePoll::kSlowDown},
      {"access_denied", DevicePoll::kDenied},
      {"expired_token", DevicePoll::kExpired},
  }};
  const std::string code = read_error_code(answer.body.reveal());
  for (const auto& [name, poll] : kCodes) {
    if (code == name) result.poll = poll;
  }
  result.detail = read_refusal(answer).detail;
  // A bad moment of the server's is no answer to the question. (RFC 8628 §3.5)
  if (answer.status >= 500 || answer.status == 429) result.poll = DevicePoll::kSlowDown;
  return result;
}

std::string explain_error(std::string_view code, const GrantOptions& grant) {
  struct Meaning {
    std::string_view code;
    std::string_view text;
  };
  constexpr std::array<Meaning, 11> kMeanings{{
      {"invalid_scope",
       "Sentry does not know one of the scopes, or the application's own settings there do not "
       "allow it; compare grants[].scopes with the application's list"},
      {"access_denied", "the consent page was answered with no; try again and approve"},
      {"unauthorized_client",
       "the application may not do this: a Public application cannot use this grant type, or the "
       "organization is not the user's"},
      {"invalid_client",
       "the client id is unknown to Sentry or the secret is wrong; compare client.id and "
       "client.secret with the application's page in Sentry"},
      {"invalid_grant",
       "the code or refresh token is used up, expired, of another application, or was asked for "
       "with another redirect URI; log in again"},
      {"invalid_request",
       "Sentry misses or does not accept a part of the request; a secret both in the form and "
       "in a header (client.auth) would do that"},
      {"unsupported_grant_type", "this Sentry does not know this way to log in; it may be too old"},
      {"unsupported_response_type", "this Sentry does not offer the code flow"},
      {"expired_token", "the device code has expired; start again"},
      {"server_error", "Sentry had a problem of its own; try again"},
      {"temporarily_unavailable", "Sentry is not ready at the moment; try again"},
  }};
  for (const Meaning& meaning : kMeanings) {
    if (code != meaning.code) continue;
    std::string text = std::string(code) + ": " + std::string(meaning.text);
    if (code == "invalid_scope") text += " (asked for: " + joined(grant.scopes) + ")";
    return text;
  }
  return printable(code);
}

}  // namespace postern::grants
