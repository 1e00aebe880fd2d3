// The guard: may this caller talk to us at all? (DNS rebinding, cross-site requests, other users)
#pragma once

#include <optional>
#include <string_view>

#include "http/message.h"
#include "http/service.h"
#include "relay/options.h"
#include "relay/problem.h"

namespace postern::relay {

// What a user is told who is none of the listener's `uids`.
Problem foreign_user();
// Who is none of its `tls.client_names`. Empty: the certificate names nobody.
Problem foreign_certificate(std::string_view name);

// Pure; made once from options. Asked before anything else is done with a request.
class Guard final {
 public:
  explicit Guard(const GuardOptions& options) : options_(options) {}

  // A problem: refuse with it. Nothing: the caller may pass.
  std::optional<Problem> refuse(const http::RequestHead& head, const http::Caller& caller) const;

  // Is `origin` one that guard.origins names? Then its answers may be read by that page.
  bool is_allowed_origin(std::string_view origin) const;

 private:
  bool is_our_host(std::string_view authority) const;
  GuardOptions options_;
};

}  // namespace postern::relay
