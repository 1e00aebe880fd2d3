// What the answers of Sentry's OAuth endpoints mean.
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "grants/documents.h"
#include "grants/oauth.h"
#include "grants/timestamp.h"

namespace postern::grants {
namespace {

constexpr Duration kLongestRetryAfter = std::chrono::hours(24);
// Clocks that differ by less are taken for equal: Date has whole seconds, and answers take time.
constexpr Duration kEqualClocks = std::chrono::seconds(10);
constexpr size_t kMostQuoted = 100;
constexpr size_t kLongestWord = 24;

std::string printable(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, kMostQuoted)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

// What a server says about itself, for a message. A server may repeat what it was sent: words that
// look like a token or a secret are left out.
std::string quotable(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string out;
  for (std::string_view rest = text; !rest.empty() && out.size() < kMostQuoted;) {
    const size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (word.empty()) continue;
    const bool is_odd = word.size() > kLongestWord ||
                        (word.size() > 8 && std::any_of(word.begin(), word.end(), is_digit));
    out += (out.empty() ? "" : " ") + (is_odd ? std::string("[...]") : printable(word));
  }
  return out;
}

bool is_success(int status) {
  return status >= 200 && status <= 299;
}

// Positions are fixed: "Sun, 06 Nov 1994 08:49:37 GMT". (RFC 9110 §5.6.7)
std::optional<WallTime> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(25) != " GMT") return {};
  const size_t place = kMonths.find(text.substr(8, 3));
  if (place == std::string_view::npos || place % 3 != 0) return {};
  const size_t month = place / 3 + 1;
  const std::string year(text.substr(12, 4));
  const std::string number = (month < 10 ? "0" : "") + std::to_string(month);
  return parse_timestamp(year + "-" + number + "-" + std::string(text.substr(5, 2)) + "T" +
                         std::string(text.substr(17, 8)) + "Z");
}

// A date means a moment of the server's clock, which Date tells. (RFC 9110 §10.2.3)
std::optional<Duration> read_retry_after(const EndpointAnswer& answer, WallTime sent_wall) {
  if (auto seconds = text::parse_unsigned(answer.retry_after)) {
    const uint64_t most =
        std::chrono::duration_cast<std::chrono::seconds>(kLongestRetryAfter).count();
    return std::chrono::seconds(std::min<uint64_t>(*seconds, most));
  }
  const auto until = parse_http_date(answer.retry_after);
  if (!until) return {};
  const WallTime now = parse_http_date(answer.date).value_or(sent_wall);
  return std::clamp<Duration>(*until - now, Duration::zero(), kLongestRetryAfter);
}

// What the server's clock showed when the request was sent. An `expires_at` is a moment of it, and
// ours may be wrong by hours.
WallTime server_time(const EndpointAnswer& answer, WallTime sent_wall) {
  const auto date = parse_http_date(answer.date);
  if (!date) return sent_wall;
  const bool is_equal = *date - sent_wall < kEqualClocks && sent_wall - *date < kEqualClocks;
  return is_equal ? sent_wall : *date;
}

TokenRefusal::Kind kind_of(int status, std::string_view code) {
  using Kind = TokenRefusal::Kind;
  // A 401 is no proof of anything but where it names the client.
  if (status == 401) return code == "invalid_client" ? Kind::kClient : Kind::kTransient;
  if (status != 400) return Kind::kTransient;
  if (code == "invalid_grant") return Kind::kInvalidGrant;
  for (std::string_view of_client : {"invalid_client", "unauthorized_client", "invalid_request",
                                     "unsupported_grant_type", "invalid_scope"}) {
    if (code == of_client) return Kind::kClient;
  }
  return Kind::kTransient;
}

std::string describe(const EndpointAnswer& answer, std::string_view code,
                     std::string_view endpoint = "token") {
  std::string said =
      "the " + std::string(endpoint) + " endpoint answered " + std::to_string(answer.status);
  if (const std::string quoted = quotable(code); !quoted.empty()) said += " (" + quoted + ")";
  if (code == "invalid_client")
    said += ": compare client.id and client.secret with the application's page in Sentry";
  if (answer.status >= 300 && answer.status <= 399)
    said += ", a redirect, which is not followed: compare the grant's address with Sentry's own";
  return said;
}

TokenRefusal read_refusal(const EndpointAnswer& answer, WallTime sent_wall) {
  const std::string code = read_error_code(answer.body.reveal());
  return {kind_of(answer.status, code), describe(answer, code),
          read_retry_after(answer, sent_wall)};
}

// On the grant's Sentry, and nothing that a terminal would obey.
bool is_trusted(std::string_view url, std::string_view sentry_url) {
  const bool is_visible =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return is_visible && url.starts_with(sentry_url) &&
         url.substr(sentry_url.size()).starts_with('/');
}

TokenOutcome read_success(const EndpointAnswer& answer, Instant sent_at, WallTime sent_wall,
                          Strictness strictness) {
  if (!is_success(answer.status)) return tl::unexpected(read_refusal(answer, sent_wall));
  auto token = parse_token_answer(answer.body.reveal(), server_time(answer, sent_wall), strictness);
  if (!token) {
    return tl::unexpected(
        TokenRefusal{TokenRefusal::Kind::kLost,
                     "the token endpoint's answer cannot be used: " + token.error().what,
                     {}});
  }
  token->sent_at = sent_at;
  if (token->lifetime) {
    token->expires_at =
        sent_wall + std::chrono::duration_cast<WallTime::duration>(*token->lifetime);
  }
  return std::move(*token);
}

}  // namespace

TokenOutcome read_token_answer(const EndpointAnswer& answer, Instant sent_at, WallTime sent_wall) {
  return read_success(answer, sent_at, sent_wall, Strictness::kEssentials);
}

TokenOutcome read_refresh_answer(const EndpointAnswer& answer, Instant sent_at,
                                 WallTime sent_wall) {
  return read_success(answer, sent_at, sent_wall, Strictness::kEitherToken);
}

Result<DeviceCode> read_device_code(const EndpointAnswer& answer, std::string_view sentry_url) {
  if (!is_success(answer.status))
    return fail(describe(answer, read_error_code(answer.body.reveal()), "device"));
  auto code = parse_device_code(answer.body.reveal());
  if (!code) return code;
  const std::string& complete = code->verification_uri_complete;
  if (!is_trusted(code->verification_uri, sentry_url) ||
      (!complete.empty() && !is_trusted(complete, sentry_url))) {
    // Its address is not shown: people open what they are shown.
    return fail("the device code leads to another place than " + std::string(sentry_url) +
                ", which is not trusted; correct sentry.url, or sentry.regions if it is part of "
                "that Sentry");
  }
  return code;
}

DevicePollAnswer read_device_poll(const EndpointAnswer& answer, Instant sent_at,
                                  WallTime sent_wall) {
  DevicePollAnswer result;
  auto token = read_token_answer(answer, sent_at, sent_wall);
  if (token) return {DevicePoll::kDone, std::move(*token), {}};
  result.detail = token.error().detail;
  // A bad moment of the server's is no answer to the question. (RFC 8628 §3.5)
  if (answer.status >= 500 || answer.status == 429) {
    result.poll = DevicePoll::kSlowDown;
    return result;
  }
  constexpr std::array<std::pair<std::string_view, DevicePoll>, 4> kCodes{{
      {"authorization_pending", DevicePoll::kPending},
      {"slow_down", DevicePoll::kSlowDown},
      {"access_denied", DevicePoll::kDenied},
      {"expired_token", DevicePoll::kExpired},
  }};
  if (is_success(answer.status)) return result;
  const std::string code = read_error_code(answer.body.reveal());
  for (const auto& [name, poll] : kCodes) {
    if (code == name) result.poll = poll;
  }
  return result;
}

std::string error_meaning(std::string_view code, const GrantOptions& grant) {
  struct Meaning {
    std::string_view code;
    std::string_view text;
  };
  constexpr std::array<Meaning, 13> kMeanings{{
      {"invalid_scope",
       "Sentry does not know one of the scopes, or the application's own settings there do not "
       "allow it; compare grants[].scopes with the application's list"},
      {"access_denied", "the consent page was answered with no; log in again and approve"},
      {"unauthorized_client",
       "the application may not do this: a Public application cannot use this grant type, or the "
       "organization is not one of the user's; check the application's type in Sentry, and who is "
       "logged in there"},
      {"invalid_client",
       "the client id is unknown to Sentry or the secret is wrong; compare client.id and "
       "client.secret with the application's page in Sentry"},
      {"invalid_grant",
       "the code or refresh token is used up, expired, of another application, or was asked for "
       "with another redirect URI, or the application is not active; log in again"},
      {"invalid_request",
       "Sentry misses or does not accept a part of the request; check authorize_parameters and "
       "token_parameters, a secret sent both in the form and in a header (client.auth), and that "
       "an organization was chosen"},
      {"unsupported_grant_type",
       "this Sentry does not know this way to log in; it may be too old, try another one"},
      {"unsupported_response_type", "this Sentry does not offer the code flow; update it"},
      {"authorization_pending", "nobody has entered the device code yet; enter it, or wait"},
      {"slow_down", "Sentry is asked too often; wait a little longer between two questions"},
      {"expired_token", "the device code has expired; log in again"},
      {"server_error", "Sentry had a problem of its own; try again"},
      {"temporarily_unavailable", "Sentry is not ready at the moment; try again"},
  }};
  for (const Meaning& meaning : kMeanings) {
    if (code != meaning.code) continue;
    if (code != "invalid_scope") return std::string(meaning.text);
    return std::string(meaning.text) + " (asked for: " + text::joined(grant.scopes) + ")";
  }
  return {};
}

std::string explain_error(std::string_view code, const GrantOptions& grant) {
  const std::string meaning = error_meaning(code, grant);
  return meaning.empty() ? printable(code) : std::string(code) + ": " + meaning;
}

}  // namespace postern::grants
