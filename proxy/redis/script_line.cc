#include "redis/script_line.h"

#include <cstdint>

#include "base/text.h"

namespace postern::redis {
namespace {

constexpr std::string_view kPlace = "@user_script:";
constexpr std::string_view kCall = "call('";
constexpr std::string_view kDigits = "0123456789";

// 0: none is named.
uint64_t line_number(std::string_view text) {
  const size_t place = text.find(kPlace);
  if (place == std::string_view::npos) return 0;
  text.remove_prefix(place + kPlace.size());
  return text::parse_unsigned(text.substr(0, text.find_first_not_of(kDigits))).value_or(0);
}

}  // namespace

bool is_forbidden_in_script(const Reply& reply) {
  if (!reply.is_error() || reply.text.find(kPlace) == std::string::npos) return false;
  return reply.error_code() == "NOPERM" ||
         reply.text.starts_with("ERR The user executing the script");
}

std::string command_of_line(std::string_view script, std::string_view error) {
  uint64_t left = line_number(error);
  if (left == 0) return {};
  while (--left > 0 && !script.empty()) text::take_until(script, '\n');
  std::string_view line = text::take_until(script, '\n');
  const size_t call = line.find(kCall);
  if (call == std::string_view::npos) return {};
  line.remove_prefix(call + kCall.size());
  return std::string(text::take_until(line, '\''));
}

}  // namespace postern::redis
