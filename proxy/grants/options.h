// Settings of grants, filled by config.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace postern::grants {

using namespace std::chrono_literals;

// How a grant's token is obtained.
enum class Kind : uint8_t {
  kOauth,        // authorization code or device flow once, then refresh tokens
  kIntegration,  // an installation of a Sentry integration, bound to one organization by Sentry
  kStatic,       // a personal, organization or internal-integration token, never refreshed
};
std::string_view to_string(Kind kind);  // "oauth", "integration", "static"

// How a confidential client proves itself at the token endpoint (RFC 6749 §2.3.1).
enum class ClientAuth : uint8_t { kForm, kBasic };

struct Client {  // the OAuth application at Sentry, or the integration
  std::string id;
  Secret secret;  // empty: a Public application
  ClientAuth auth = ClientAuth::kForm;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

// When tokens are refreshed. One for all grants.
struct RefreshOptions {
  int early_percent = 10;     // refreshed when this much of the lifetime is left
  Duration floor = 60s;       // early refreshes are at least min(this, half the lifetime) apart
  Duration last_safe = 60s;   // an early refresh waits for no one from here on; at most a quarter
                              // of the lifetime
  Duration hold = 2s;         // how long requests that cannot be sent again are held back for one
  Duration timeout = 30s;     // of one call to the token endpoint
  Duration backoff_min = 1s;  // between failed calls, doubled with jitter up to the next
  Duration backoff_max = 5min;
};

struct GrantOptions {
  std::string name;  // defaults to the organization
  Kind kind = Kind::kOauth;
  std::string organization;  // slug
  std::string sentry_url;    // origin, "https://sentry.io"
  Client client;
  std::vector<std::string> scopes;
  Parameters authorize_parameters;  // added to the authorization request
  Parameters token_parameters;      // added to each request to the token endpoint
  std::string installation;         // integration: uuid of the installation
  Secret code;                      // integration: its grant code, for the first exchange
  Secret token;                     // static: the token itself, or
  std::string token_file;           // static: the file it is in, watched for change
  std::string seed_file;            // a stored grant or token answer that fills an empty store
  bool required = true;
  bool is_shared = false;   // its store serves several instances
  std::string config_file;  // what commands in messages name; empty: they find it by themselves
};

}  // namespace postern::grants
