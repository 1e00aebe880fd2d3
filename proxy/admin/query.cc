#include "admin/query.h"

#include <algorithm>
#include <optional>

#include "base/percent.h"
#include "base/text.h"

namespace postern::admin {
namespace {

// Nothing: not valid.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool is_encoded = text.front() == '%';
    const int byte =
        is_encoded ? text::percent_byte(text) : static_cast<unsigned char>(text.front());
    if (byte < ' ' || byte == 0x7f) return std::nullopt;
    out.push_back(static_cast<char>(byte));
    text.remove_prefix(is_encoded ? 3 : 1);
  }
  return out;
}

}  // namespace

Result<std::map<std::string_view, std::string>> parse_query(
    std::string_view query, std::span<const std::string_view> known) {
  std::map<std::string_view, std::string> values;
  while (!query.empty()) {
    std::string_view rest = text::take_until(query, '&');
    const bool has_value = rest.find('=') != rest.npos;
    const std::string_view name = text::take_until(rest, '=');
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) return fail("the query has a part that is not known here");
    if (!has_value)
      return fail(std::string(*found) + " has no value: " + std::string(*found) + "=…");
    std::optional<std::string> value = decode(rest);
    if (!value) return fail(std::string(*found) + " is not percent-encoded in the right way");
    if (!values.emplace(*found, std::move(*value)).second)
      return fail(std::string(*found) + " is given twice");
  }
  return values;
}

}  // namespace postern::admin
