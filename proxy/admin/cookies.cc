#include "admin/cookies.h"

#include <chrono>

#include "base/text.h"

namespace postern::admin {

Secret cookie_value(std::string_view cookies, std::string_view name) {
  std::string_view found;
  while (!cookies.empty()) {
    std::string_view value = text::trim(text::take_until(cookies, ';'));
    if (text::trim(text::take_until(value, '=')) != name) continue;
    if (!found.empty()) return {};
    found = value;
  }
  return Secret(std::string(found));
}

std::string to_field(const Cookie& cookie) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(cookie.lifetime).count();
  return cookie.name + "=" + std::string(cookie.value.reveal()) + "; Path=" + cookie.path +
         "; Max-Age=" + std::to_string(seconds) + "; HttpOnly; SameSite=Lax";
}

}  // namespace postern::admin
