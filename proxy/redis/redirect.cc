#include "redis/redirect.h"

#include <string_view>

#include "base/text.h"
#include "redis/slot.h"

namespace postern::redis {

std::optional<Redirect> parse_redirect(const Reply& reply) {
  const std::string_view code = reply.error_code();
  if (code != "MOVED" && code != "ASK") return std::nullopt;
  std::string_view rest = std::string_view(reply.text).substr(code.size());
  if (!reply.text.starts_with(code) || rest.empty()) return std::nullopt;
  rest.remove_prefix(1);
  const auto slot = text::parse_unsigned(text::take_until(rest, ' '));
  const size_t colon = rest.rfind(':');
  if (!slot || *slot >= kSlots || colon == std::string_view::npos) return std::nullopt;
  const auto port = text::parse_unsigned(rest.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  return Redirect{code == "ASK", static_cast<uint16_t>(*slot), std::string(rest.substr(0, colon)),
                  static_cast<uint16_t>(*port)};
}

}  // namespace postern::redis
