// Status codes (RFC 9110 §15) and their reason phrases.
#pragma once

#include <string_view>

namespace postern::http {

std::string_view reason_phrase(int status);  // "" when unknown

// Never has a body, whatever its fields say (RFC 9112 §6.3). HEAD is the caller's to know.
constexpr bool is_bodiless(int status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace postern::http
