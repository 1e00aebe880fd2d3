#include "policy/target.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/percent.h"
#include "base/text.h"
#include "policy/api_path.h"

namespace postern::policy {
namespace {

// The collections whose members are organizations. All of them name one in the next segment.
constexpr std::array<std::string_view, 4> kOrganizationFirst = {"organizations", "projects",
                                                                "teams", "customers"};

constexpr bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_unreserved(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// What may stand in a path as it is, '/' and '%' apart (RFC 3986 §3.3).
constexpr bool is_path_byte(char c) {
  constexpr std::string_view kSubDelimiters = "!$&'()*+,;=:@";
  return is_unreserved(c) || kSubDelimiters.find(c) != std::string_view::npos;
}

constexpr auto kPathBytes = [] {
  std::array<bool, 256> table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = is_path_byte(static_cast<char>(i));
  return table;
}();

// How many bytes follow the first byte of a UTF-8 sequence, and what the next may be. 0xC0, 0xC1
// and the limits of the second byte are what keeps overlong forms and surrogates out (RFC 3629 §4).
struct Utf8 {
  int left = 0;
  int low = 0x80;
  int high = 0xBF;

  // Is `byte`, which is 0x80 or more, right at this place?
  bool take(int byte) {
    if (left > 0) {
      if (byte < low || byte > high) return false;
      low = 0x80;
      high = 0xBF;
      --left;
      return true;
    }
    if (byte < 0xC2 || byte > 0xF4) return false;
    left = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0) low = 0xA0;
    if (byte == 0xED) high = 0x9F;
    if (byte == 0xF0) low = 0x90;
    if (byte == 0xF4) high = 0x8F;
    return true;
  }
};

// Why the escaped ASCII byte cannot be judged; empty if it can. `behind` is what follows it.
std::string_view fault_of_ascii(int byte, std::string_view behind) {
  const char c = static_cast<char>(byte);
  if (byte < 0x20 || byte == 0x7F) return "The path has an escaped control character.";
  if (c == '/' || c == '\\') return "The path has an escaped slash or backslash.";
  if (is_unreserved(c)) return "The path escapes a character that needs no escape.";
  if (c == '%' && behind.size() >= 2 && text::hex_value(behind[0]) >= 0 &&
      text::hex_value(behind[1]) >= 0)
    return "The path is escaped twice.";
  return {};
}

// "." and "..", with a parameter or without: servers differ in whether `..;x` climbs. And behind a
// gateway that sends paths on decoded, `..%3Fx` ends in "..".
bool is_dot_segment(std::string_view segment) {
  size_t dots = 0;
  while (dots < segment.size() && segment[dots] == '.') ++dots;
  if (dots == 0 || dots > 2) return false;
  segment.remove_prefix(dots);
  if (segment.empty() || segment.front() == ';') return true;
  const int escaped = text::percent_byte(segment);
  return escaped == ';' || escaped == '?' || escaped == '#';
}

std::string_view fault_of_bytes(std::string_view segment) {
  constexpr std::string_view kNotUtf8 = "The path has escaped bytes that are not UTF-8.";
  Utf8 utf8;
  while (!segment.empty()) {
    if (segment.front() != '%') {
      if (utf8.left > 0) return kNotUtf8;
      if (!kPathBytes[static_cast<unsigned char>(segment.front())])
        return "The path has a byte that must be escaped.";
      segment.remove_prefix(1);
      continue;
    }
    const int byte = text::percent_byte(segment);
    if (byte < 0) return "The path has a broken escape.";
    segment.remove_prefix(3);
    if (byte >= 0x80) {
      if (!utf8.take(byte)) return kNotUtf8;
      continue;
    }
    if (utf8.left > 0) return kNotUtf8;
    if (const std::string_view fault = fault_of_ascii(byte, segment); !fault.empty()) return fault;
  }
  return utf8.left > 0 ? kNotUtf8 : std::string_view{};
}

std::string_view fault_of_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return "The path does not start with a slash.";
  std::string_view rest = path.substr(1);
  while (!rest.empty()) {
    const std::string_view segment = text::take_until(rest, '/');
    if (segment.empty()) return "The path has an empty segment.";
    if (is_dot_segment(segment)) return "The path has a dot segment.";
    if (const std::string_view fault = fault_of_bytes(segment); !fault.empty()) return fault;
  }
  return {};
}

// `rest` is the path behind /api/0/.
std::string_view organization_of(std::string_view rest) {
  const std::string_view collection = text::take_until(rest, '/');
  for (const std::string_view name : kOrganizationFirst) {
    if (collection == name) return text::take_until(rest, '/');
  }
  return {};
}

// "/api/42/envelope/". Project numbers begin at 1, so that the API's own 0 is none.
bool is_ingest(std::string_view path) {
  constexpr std::string_view kStart = "/api/";
  if (!path.starts_with(kStart)) return false;
  std::string_view rest = path.substr(kStart.size());
  const std::string_view project = text::take_until(rest, '/');
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !project.empty() && project.front() != '0' && !rest.empty() &&
         std::all_of(project.begin(), project.end(), is_digit);
}

}  // namespace

Target classify(std::string_view path) {
  Target target;
  target.detail = fault_of_path(path);
  if (!target.detail.empty()) {
    target.kind = TargetKind::kUnsafe;
  } else if (path.substr(0, kApiPrefix.size()) == kApiPrefix) {
    target.kind = TargetKind::kApi;
    target.organization = organization_of(path.substr(kApiPrefix.size()));
  } else if (is_ingest(path)) {
    target.kind = TargetKind::kIngest;
  }
  return target;
}

}  // namespace postern::policy
