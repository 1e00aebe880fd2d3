#include "cli/redirect_uri.h"

#include "base/text.h"
#include "cli/context.h"

namespace postern::cli {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr uint64_t kLastPort = 65535;

bool is_plain_path(std::string_view path) {
  for (char c : path)
    if (c <= ' ' || c > '~' || c == '?' || c == '#') return false;
  return true;
}

}  // namespace

std::string RedirectUri::listen() const {
  return (host == "localhost" ? "127.0.0.1" : host) + ":" + (port.empty() ? "0" : port);
}

std::string RedirectUri::authority(std::string_view bound_port) const {
  // A browser leaves out the port that http has anyway.
  return bound_port == "80" ? host : host + ":" + std::string(bound_port);
}

std::string RedirectUri::text(std::string_view bound_port) const {
  return std::string(kScheme) + host + ":" + std::string(bound_port) + path;
}

Result<RedirectUri> parse_redirect_uri(std::string_view uri) {
  auto bad = [uri](std::string_view why) {
    return fail("--redirect-uri " + printable(uri) + ": " + std::string(why));
  };
  constexpr std::string_view kForm =
      "must be http on 127.0.0.1, localhost or [::1], such as "
      "http://127.0.0.1:8765/oauth/callback; "
      "for any other one add --no-browser and paste where the browser ends";
  if (!uri.starts_with(kScheme)) return bad(kForm);
  std::string_view rest = uri.substr(kScheme.size());
  std::string_view authority = rest.substr(0, rest.find('/'));
  RedirectUri parsed;
  parsed.path = rest.substr(authority.size());
  if (parsed.path.empty()) return bad("needs a path, such as /oauth/callback");
  if (!is_plain_path(parsed.path)) return bad("must have no query and no odd characters");
  size_t colon =
      authority.starts_with('[') ? authority.find(':', authority.find(']')) : authority.find(':');
  parsed.host = authority.substr(0, colon);
  if (parsed.host != "127.0.0.1" && parsed.host != "localhost" && parsed.host != "[::1]")
    return bad(kForm);
  if (colon == std::string_view::npos) return parsed;
  parsed.port = authority.substr(colon + 1);
  auto port = text::parse_unsigned(parsed.port);
  if (!port || *port == 0 || *port > kLastPort) return bad("the port must be 1 to 65535");
  return parsed;
}

}  // namespace postern::cli
