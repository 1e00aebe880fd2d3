// Installations: integrations of the Integration Platform, installed in organizations, and the
// endpoint where an installation gets its tokens.
//
// An installation has one token at a time. Its code buys the first; from then on either the
// refresh token of the last one or an assertion signed with the client secret buys the next, and
// the last one is deleted.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "call.h"
#include "clock.h"
#include "json.h"
#include "message.h"
#include "tokens.h"

namespace postern::sandbox {

struct Integration {
  std::string client_id;      // 64 hex characters
  std::string client_secret;  // 64 hex characters
  std::string user_id;        // of the user that stands for it
  bool active = true;
  std::set<std::string> seen_assertions;     // `jti` of each
  std::deque<std::int64_t> refreshed_at_ms;  // within the last minute, for the limit
};

// Requests for tokens by how they ended.
struct ExchangeCounts {
  std::uint64_t by_code = 0;
  std::uint64_t by_refresh = 0;
  std::uint64_t by_assertion = 0;
  std::uint64_t refused = 0;
};

struct Installation {
  std::string uuid;
  std::string organization_id;
  std::vector<std::string> scopes;  // with all that they imply
  std::string code;                 // empty once used
  std::int64_t code_created_ms = 0;
  Integration* integration = nullptr;  // lives as long as the process
  ExchangeCounts counts;
};

struct InstallationRules {
  bool assertions = true;  // whether the organization may use them at all
  std::int64_t code_lifetime_s = 600;
  std::int64_t refreshes_a_minute = 0;  // of one integration; 0: any number
};

class Installations final {
 public:
  Installations(const Clock& clock, Tokens& tokens) : clock_(clock), tokens_(tokens) {}

  InstallationRules& rules() { return rules_; }

  // With a fresh code. A `client_id` that is known installs that integration once more; any other
  // makes a new integration.
  Installation& install(const std::string& client_id, const std::string& organization_id,
                        const std::vector<std::string>& scopes);
  bool uninstall(const std::string& uuid);  // with its token; false when there is none
  Installation* find(const std::string& uuid);
  Integration* find_integration(const std::string& client_id);
  const std::list<Installation>& all() const { return installations_; }
  void forget_counts();

  // POST /api/0/sentry-app-installations/{uuid}/authorizations/
  Reply authorize(const Request& request, const std::string& uuid);
  // The first token without a request, as if the code had been exchanged.
  const Grant& exchange(Installation& installation);
  // The token as Sentry's serializer writes it.
  static Json answer_for(const Grant& grant, const std::optional<std::string>& state);

 private:
  struct Exchange;  // one request

  std::optional<Reply> identify(Exchange& exchange, const std::string& uuid);
  std::optional<Reply> identify_by_secret(Exchange& exchange);
  std::optional<Reply> identify_by_assertion(Exchange& exchange, const std::string& uuid);
  Reply by_code(Exchange& exchange);
  Reply by_refresh(Exchange& exchange);
  Reply by_assertion(Exchange& exchange);
  Reply renewed(Exchange& exchange, const Grant& grant, std::uint64_t& count);
  bool is_too_fast(Integration& integration);

  const Clock& clock_;
  Tokens& tokens_;
  InstallationRules rules_;
  std::list<Integration> integrations_;
  std::list<Installation> installations_;
};

const std::vector<Endpoint>& installation_endpoints();

}  // namespace postern::sandbox
