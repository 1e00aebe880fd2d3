// Sentry's OAuth endpoints as values: requests to be sent and answers to be read, no I/O.
// (RFC 6749, RFC 7636, RFC 8628, and where Sentry differs from them.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "grants/options.h"
#include "grants/token_source.h"
#include "http/collector.h"

namespace postern::grants {

// What to send to a token endpoint. POST; the target is a path on the grant's Sentry.
struct EndpointRequest {
  std::string target;
  std::string content_type;
  Secret authorization;  // value of the Authorization field; empty: none
  Secret body;
};

// What came back. Bodies beyond kMaxDocument are cut and then unreadable. Without a date the
// server's clock is taken to be right by ours.
using EndpointAnswer = http::CollectedAnswer;

// RFC 7636: 43 characters of the unreserved set, and their SHA-256 in base64url.
struct Pkce {
  Secret verifier;
  std::string challenge;
};
Pkce make_pkce();
std::string make_state();  // 128 random bits or more, base64url

struct AuthorizationRequest {
  std::string redirect_uri;
  std::string state;
  std::string challenge;
};
// The URL that a person opens: {sentry_url}/oauth/authorize/?…; scopes separated by one space.
std::string authorization_url(const GrantOptions& grant, const AuthorizationRequest& request);

EndpointRequest code_request(const GrantOptions& grant, const Secret& code, const Pkce& pkce,
                             std::string_view redirect_uri);
EndpointRequest refresh_request(const GrantOptions& grant, const Secret& refresh_token);
EndpointRequest device_code_request(const GrantOptions& grant);
EndpointRequest device_token_request(const GrantOptions& grant, const Secret& device_code);

// Integrations: POST /api/0/sentry-app-installations/{uuid}/authorizations/ with a JSON body.
EndpointRequest installation_code_request(const GrantOptions& grant, const Secret& code);
EndpointRequest installation_refresh_request(const GrantOptions& grant,
                                             const Secret& refresh_token);
// Signed with the client secret (HS256), good for a minute from `now`; needs no refresh token.
EndpointRequest installation_jwt_request(const GrantOptions& grant, WallTime now);

// A 2xx with a token is an answer, whatever else it says: the old pair is gone. Everything else is
// a refusal, told apart as TokenRefusal says. `sent_at` and `sent_wall`: when the request was sent.
TokenOutcome read_token_answer(const EndpointAnswer& answer, Instant sent_at, WallTime sent_wall);
// To a refresh: an answer already if one token of the two can be used (TokenAnswer::flaw).
TokenOutcome read_refresh_answer(const EndpointAnswer& answer, Instant sent_at, WallTime sent_wall);

struct DeviceCode {
  Secret device_code;
  std::string user_code;
  std::string verification_uri;           // on the grant's Sentry, or refused
  std::string verification_uri_complete;  // may be empty
  Duration expires_in{};
  Duration interval{};
};
Result<DeviceCode> read_device_code(const EndpointAnswer& answer, std::string_view sentry_url);

// One poll of the device flow (RFC 8628 §3.5).
enum class DevicePoll : uint8_t { kDone, kPending, kSlowDown, kDenied, kExpired, kFailed };
struct DevicePollAnswer {
  DevicePoll poll = DevicePoll::kFailed;
  TokenAnswer token;   // kDone
  std::string detail;  // kFailed
};
DevicePollAnswer read_device_poll(const EndpointAnswer& answer, Instant sent_at,
                                  WallTime sent_wall);

// What an `error` code of the authorization or token endpoint means and what to do; "" if it is
// unknown.
std::string error_meaning(std::string_view code, const GrantOptions& grant);
// The same behind the code itself; for an unknown one the code made printable.
std::string explain_error(std::string_view code, const GrantOptions& grant);

}  // namespace postern::grants
