// The OAuth endpoints: authorize (a consent page), token, and the device flow.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "applications.h"
#include "message.h"
#include "tokens.h"

namespace postern::sandbox {

class Directory;
class PublicHosts;

struct OauthRules {
  bool auto_approve = false;
  bool org_scoped = false;
  std::int64_t code_lifetime_s = 600;
  std::int64_t device_lifetime_s = 600;
  std::int64_t device_interval_s = 5;
};

class Oauth final {
 public:
  Oauth(const Options& options, const Clock& clock, const Directory& directory,
        const PublicHosts& hosts, Tokens& tokens);

  OauthRules& rules() { return rules_; }
  Applications& applications() { return applications_; }

  Reply authorize(const Request& request);  // GET shows the page, POST is its answer
  Reply token(const Request& request);
  Reply device_code(const Request& request);
  Reply device_page(const Request& request);  // where the user enters the user code
  Reply metadata() const;
  Reply userinfo(const Request& request) const;

  // False when there is no such user code.
  bool decide_device(const std::string& user_code, bool approve);
  // The answer of the token endpoint for a grant, with its refresh token or without that field.
  Json answer_for(const Grant& grant, bool with_refresh = true) const;
  Grant make_grant(const std::string& client_id, const std::vector<std::string>& scopes) const;

 private:
  struct Code {
    std::string client_id;
    std::string redirect_uri;
    std::vector<std::string> scopes;
    std::string challenge;
    std::int64_t created_ms = 0;
  };
  enum class Decision { kPending, kApproved, kDenied };
  struct Device {
    std::string user_code;
    std::string client_id;
    std::vector<std::string> scopes;
    Decision decision = Decision::kPending;
    std::int64_t created_ms = 0;
    std::int64_t polled_ms = 0;
  };

  std::optional<Reply> refuse_on_page(const Fields& fields, std::string& redirect_uri);
  std::string error_in(const Fields& fields);
  Reply grant_code(const Fields& fields, const std::string& redirect_uri);
  bool has_consent(const Fields& fields, const std::vector<std::string>& scopes) const;
  Reply ask_consent(const Fields& fields, const std::vector<std::string>& scopes) const;
  const Application* identify(const Request& request, const Fields& form);
  Reply exchange(const Request& request, const Fields& form, const std::string& kind);
  Reply exchange_code(const Application& application, const Fields& form);
  Reply exchange_refresh(const Application& application, const Fields& form);
  Reply exchange_device(const Application& application, const Fields& form);
  Reply success(const Grant& grant, bool with_refresh = true) const;

  const Clock& clock_;
  const Directory& directory_;
  const PublicHosts& hosts_;
  Tokens& tokens_;
  OauthRules rules_;
  Applications applications_;
  std::map<std::string, Code> codes_;                      // by code
  std::map<std::string, Device> devices_;                  // by device code
  std::map<std::string, std::set<std::string>> consents_;  // client to scopes
};

}  // namespace postern::sandbox
