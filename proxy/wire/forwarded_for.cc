#include "wire/forwarded_for.h"

#include <string_view>

#include "base/text.h"

namespace postern::wire {
namespace {

// A caller inside a trusted network could fill a head with addresses of it.
constexpr int kMostProxies = 32;

// Takes the last element off `list`.
std::string_view take_last(std::string_view& list) {
  const size_t comma = list.rfind(',');
  const bool is_only = comma == std::string_view::npos;
  const std::string_view last = is_only ? list : list.substr(comma + 1);
  list = is_only ? std::string_view() : list.substr(0, comma);
  return text::trim(last);
}

}  // namespace

std::optional<IpAddress> forwarded_caller(const http::Fields& fields,
                                          const std::vector<IpNetwork>& trusted) {
  std::optional<IpAddress> nearest;
  int proxies = 0;
  // Several lines are one list, in their order (RFC 9110 §5.3).
  for (size_t i = fields.size(); i-- > 0;) {
    const http::Field& field = fields[i];
    if (field.id != http::FieldName::kXForwarded || !text::iequals(field.name, "X-Forwarded-For"))
      continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const auto address = parse_ip_and_port(take_last(list));
      // Whoever wrote this is not what it was taken for; nothing on its left is worth more.
      if (!address || ++proxies > kMostProxies) return std::nullopt;
      nearest = address;
      if (!is_in(trusted, *address)) return nearest;
    }
  }
  return nearest;
}

bool is_forwarded_over_tls(const http::Fields& fields) {
  for (size_t i = fields.size(); i-- > 0;) {
    if (!text::iequals(fields[i].name, "X-Forwarded-Proto")) continue;
    std::string_view list = fields[i].value;
    return text::iequals(take_last(list), "https");
  }
  return false;
}

}  // namespace postern::wire
