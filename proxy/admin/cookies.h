// Cookies of the control plane (RFC 6265).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"

namespace postern::admin {

// The value of the cookie `name` in the fields of a request, joined by "; ". Empty: there is none,
// or several, of which one was planted: who may set cookies for this host need not be us, since
// cookies do not tell ports apart.
Secret cookie_value(std::string_view cookies, std::string_view name);

struct Cookie {
  std::string name;
  Secret value;
  std::string path;
  Duration lifetime{};
};
// For Set-Cookie: HttpOnly, SameSite=Lax. Holds the value.
std::string to_field(const Cookie& cookie);

}  // namespace postern::admin
