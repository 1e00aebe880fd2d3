// Header fields as values: an ordered list of lines, names in the case they came in.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace postern::http {

// The names that code here asks for; found once, while parsing, so that later questions compare a
// byte instead of a string. Add a name here and in field.cc's table.
enum class FieldName : uint8_t {
  kOther,
  // framing and connection (RFC 9112)
  kConnection,
  kContentLength,
  kExpect,
  kHost,
  kHttp2Settings,
  kKeepAlive,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kTe,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  // credentials and where a request came from
  kAuthorization,
  kCookie,
  kForwarded,
  kOrigin,
  kReferer,
  kSecFetchDest,
  kSecFetchMode,
  kSecFetchSite,
  kSetCookie,
  kVia,
  kXForwarded,  // every X-Forwarded-*, and X-Real-Ip
  kXPostern,    // every X-Postern-*
  // how long to wait and what for
  kPrefer,
  kPriority,
  kXSentryRateLimit,  // every X-Sentry-Rate-Limit-*
  // content
  kAccept,
  kAcceptEncoding,
  kContentEncoding,
  kContentType,
  kDate,
  kLink,
  kLocation,
  kRetryAfter,
  kServerTiming,
  kXRequestId,
  // dropped from responses
  kAccessControl,  // every Access-Control-*
  kAltSvc,
  kContentSecurityPolicy,  // and -Report-Only
  kCrossOriginResourcePolicy,
  kStrictTransportSecurity,
  kXContentTypeOptions,
  kXSentryProxyUrl,
};

inline constexpr std::string_view kXSentryRateLimitPrefix = "x-sentry-rate-limit-";

// ASCII case-insensitive; kOther when the name is none of the above.
FieldName field_name(std::string_view name);

// One field line. The views belong to whoever owns the bytes of the head.
struct Field {
  std::string_view name;
  std::string_view value;  // without surrounding white space
  FieldName id = FieldName::kOther;
};

using Fields = std::vector<Field>;

const Field* find(const Fields& fields, FieldName id);           // first, or null
const Field* find(const Fields& fields, std::string_view name);  // first, or null; any case
size_t count(const Fields& fields, FieldName id);

bool is_token(std::string_view text);        // RFC 9110 §5.6.2, at least one byte
bool is_field_value(std::string_view text);  // VCHAR, SP, HTAB, obs-text; no CTL (RFC 9110 §5.5)

// Calls visit(element) for each non-empty element of a comma-separated list without quoted strings.
template <class Visit>
void for_each_element(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t'))
      element.remove_prefix(1);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t'))
      element.remove_suffix(1);
    if (!element.empty()) visit(element);
  }
}

}  // namespace postern::http
