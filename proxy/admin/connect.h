// Connect: grants connected from the status page, by the form there, Sentry's consent page and the
// way back.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "admin/connect_page.h"
#include "admin/connector.h"
#include "admin/form.h"
#include "admin/page.h"
#include "admin/pending_connections.h"
#include "admin/status_report.h"
#include "base/clock.h"
#include "base/secret.h"

namespace postern::admin {

// Loop thread; `connector` must outlive it.
//
// Who may connect has shown the admin token, once: in the page's address, which sets a cookie and
// is left at once, or in the form. The cookie is not the token and dies with this process. A form
// also has to come from a page of ours, which the browser says; the cookie alone is worth nothing.
class Connect final {
 public:
  Connect(Connector& connector, bool is_read_only, std::function<Instant()> now);

  void set_token(Secret token) { token_ = std::move(token); }
  void set_address(std::string bound) { address_ = std::move(bound); }  // of the listener

  // GET /?token=: sets the cookie, and leads to the address without the token.
  Response enter(const Request& request);
  Response begin(const Request& request);     // POST /connect
  Response callback(const Request& request);  // GET /oauth/callback
  Response test(const Request& request);      // POST /connect/test

  ConnectView view(const Request& request, const StatusReport& report) const;
  // What `form-action` of the page has to allow: this address, and every Sentry it leads to.
  std::string form_targets() const;

 private:
  // A form that may be obeyed, or the page that refuses it.
  struct Asked {
    std::optional<Form> form;
    const grants::GrantOptions* grant = nullptr;
    Response refusal;
  };
  Asked read(const Request& request) const;
  bool has_cookie(const Request& request) const;
  bool shows_token(const Request& request, const Form& form) const;
  const grants::GrantOptions* find(std::string_view grant) const;
  std::string cookie_name(std::string_view use) const;
  std::string own_origin(std::string_view host) const;  // empty: Sentry could not lead back to it
  std::string curl_line(const grants::GrantOptions& grant) const;
  Response answer_code(PendingConnection pending, Secret code);
  Response on_connected(const std::string& grant,
                        const Result<Connected, grants::NotKept>& outcome);
  Response on_tested(const std::string& grant, const Trial& trial);
  Response refuse(const std::string& grant, int status, std::string_view title, std::string text);

  Connector& connector_;
  const bool is_read_only_;
  std::function<Instant()> now_;
  std::string address_;
  Secret token_;             // the admin token; empty: there is none
  const Secret cookie_;      // of every browser that has shown it
  const Secret form_token_;  // in the forms of such a browser
  PendingConnections pending_;
  std::map<std::string, ConnectNote> notes_;  // by grant
};

}  // namespace postern::admin
