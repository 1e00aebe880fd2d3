#include "cli/call_line.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "cli/documents.h"
#include "http/method.h"

namespace postern::cli {
namespace {

constexpr std::string_view kAccessEvent = "request";

CallLine bad(std::string why) {
  CallLine line;
  line.kind = CallLine::Kind::kBad;
  line.fault = std::move(why);
  return line;
}

// "https://sentry.io/api/0/x/?q=1" → "/api/0/x/"
std::string_view path_of(std::string_view target) {
  if (const size_t scheme = target.find("://"); scheme != target.npos && target.front() != '/') {
    target.remove_prefix(scheme + 3);
    target.remove_prefix(std::min(target.find('/'), target.size()));
  }
  return target.substr(0, target.find_first_of("?#"));
}

// A call if the method is one and the target a path; `what` names the two when they are not.
CallLine call_of(std::string_view method, std::string_view target, std::string_view what) {
  CallLine line;
  line.method = method;
  std::transform(line.method.begin(), line.method.end(), line.method.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  line.path = path_of(target);
  if (http::parse_method(line.method) == http::Method::kOther || !line.path.starts_with('/'))
    return bad(std::string(what));
  line.kind = CallLine::Kind::kCall;
  return line;
}

CallLine call_of(const AccessEntry& entry) {
  if (entry.event != kAccessEvent || entry.method.empty() || entry.path.empty()) return {};
  // The scopes are those of the endpoint that Sentry was asked for.
  CallLine line = call_of(entry.method, entry.sent_as.empty() ? entry.path : entry.sent_as, "");
  if (line.kind == CallLine::Kind::kBad) return {};  // Postern has refused it: no call to Sentry
  line.grant = entry.grant;
  line.code = entry.code;
  return line;
}

// ------------------------------------------------------------------------- Postern's log as text

// What follows the time and the level: "request method=GET …". Empty: not such a line.
std::string_view behind_stamp(std::string_view line) {
  for (const std::string_view level : {"Z info ", "Z warn ", "Z error ", "Z debug "}) {
    const size_t at = line.find(level);
    if (at != line.npos && at >= 4 && line[at - 4] == '.') return line.substr(at + level.size());
  }
  return {};
}

// One `key=value` or `key="value"` from the front. What is in quotes may hold escapes, which the
// values that matter here never need.
std::pair<std::string_view, std::string_view> take_field(std::string_view& rest) {
  const std::string_view key = text::take_until(rest, '=');
  if (!rest.starts_with('"')) return {key, text::take_until(rest, ' ')};
  size_t end = 1;
  while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
  const std::string_view value = rest.substr(1, std::min(end, rest.size()) - 1);
  rest.remove_prefix(std::min(end + 2, rest.size()));
  return {key, value};
}

CallLine read_text_line(std::string_view rest) {
  AccessEntry entry;
  entry.event = text::take_until(rest, ' ');
  while (!rest.empty()) {
    const auto [key, value] = take_field(rest);
    if (key == "method") entry.method = value;
    if (key == "path") entry.path = value;
    if (key == "sent_as") entry.sent_as = value;
    if (key == "grant") entry.grant = value;
    if (key == "code") entry.code = value;
  }
  return call_of(entry);
}

// ---------------------------------------------------------------------------------- other formats

CallLine read_json_line(std::string_view json) {
  const auto entry = parse_access_entry(json);
  return entry ? call_of(*entry) : bad("not a whole JSON object");
}

// 127.0.0.1 - - [29/Nov/2026:18:00:42 +0000] "GET /api/0/x/ HTTP/1.1" 200 12 "-" "curl"
CallLine read_combined_line(std::string_view line) {
  constexpr std::string_view kFault = "what stands in quotes is no request";
  text::take_until(line, '"');
  std::string_view request = text::take_until(line, '"');
  const std::string_view method = text::take_until(request, ' ');
  const std::string_view target = text::take_until(request, ' ');
  if (!request.starts_with("HTTP/")) return bad(std::string(kFault));
  return call_of(method, target, kFault);
}

std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest = text::trim(rest.substr(word.size()));
  return word;
}

CallLine read_list_line(std::string_view line) {
  const std::string_view method = take_word(line);
  return call_of(method, take_word(line), "neither METHOD PATH nor a line of a log");
}

}  // namespace

CallLine read_call_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  line = text::trim(line);
  if (line.empty() || line.front() == '#') return {};
  if (const size_t json = line.find(R"({"time":)"); json != line.npos)
    return read_json_line(line.substr(json));
  if (const std::string_view rest = behind_stamp(line); !rest.empty()) return read_text_line(rest);
  if (line.find('"') != line.npos && line.front() != '{') return read_combined_line(line);
  return read_list_line(line);
}

}  // namespace postern::cli
