#include "http/field.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/chars.h"

namespace postern::http {
namespace {

struct Known {
  std::string_view name;  // lower case
  FieldName id;
};

// Sorted by length, so that a name is compared with the few of its own length only.
constexpr std::array kKnown{
    Known{"te", FieldName::kTe},
    Known{"via", FieldName::kVia},
    Known{"date", FieldName::kDate},
    Known{"host", FieldName::kHost},
    Known{"link", FieldName::kLink},
    Known{"accept", FieldName::kAccept},
    Known{"cookie", FieldName::kCookie},
    Known{"expect", FieldName::kExpect},
    Known{"origin", FieldName::kOrigin},
    Known{"prefer", FieldName::kPrefer},
    Known{"alt-svc", FieldName::kAltSvc},
    Known{"referer", FieldName::kReferer},
    Known{"trailer", FieldName::kTrailer},
    Known{"upgrade", FieldName::kUpgrade},
    Known{"location", FieldName::kLocation},
    Known{"priority", FieldName::kPriority},
    Known{"forwarded", FieldName::kForwarded},
    Known{"x-real-ip", FieldName::kXForwarded},
    Known{"connection", FieldName::kConnection},
    Known{"keep-alive", FieldName::kKeepAlive},
    Known{"set-cookie", FieldName::kSetCookie},
    Known{"retry-after", FieldName::kRetryAfter},
    Known{"content-type", FieldName::kContentType},
    Known{"x-request-id", FieldName::kXRequestId},
    Known{"authorization", FieldName::kAuthorization},
    Known{"server-timing", FieldName::kServerTiming},
    Known{"content-length", FieldName::kContentLength},
    Known{"http2-settings", FieldName::kHttp2Settings},
    Known{"sec-fetch-dest", FieldName::kSecFetchDest},
    Known{"sec-fetch-mode", FieldName::kSecFetchMode},
    Known{"sec-fetch-site", FieldName::kSecFetchSite},
    Known{"accept-encoding", FieldName::kAcceptEncoding},
    Known{"content-encoding", FieldName::kContentEncoding},
    Known{"proxy-connection", FieldName::kProxyConnection},
    Known{"transfer-encoding", FieldName::kTransferEncoding},
    Known{"proxy-authenticate", FieldName::kProxyAuthenticate},
    Known{"x-sentry-proxy-url", FieldName::kXSentryProxyUrl},
    Known{"proxy-authorization", FieldName::kProxyAuthorization},
    Known{"x-content-type-options", FieldName::kXContentTypeOptions},
    Known{"content-security-policy", FieldName::kContentSecurityPolicy},
    Known{"strict-transport-security", FieldName::kStrictTransportSecurity},
    Known{"cross-origin-resource-policy", FieldName::kCrossOriginResourcePolicy},
    Known{"content-security-policy-report-only", FieldName::kContentSecurityPolicy},
};
constexpr size_t kLongest = kKnown.back().name.size();

// kStart[n] is the first name of at least n bytes.
constexpr std::array<uint8_t, kLongest + 2> make_starts() {
  std::array<uint8_t, kLongest + 2> starts{};
  for (size_t length = 0; length < starts.size(); ++length) {
    size_t i = 0;
    while (i < kKnown.size() && kKnown[i].name.size() < length) ++i;
    starts[length] = static_cast<uint8_t>(i);
  }
  return starts;
}
constexpr std::array<uint8_t, kLongest + 2> kStart = make_starts();

static_assert(std::is_sorted(kKnown.begin(), kKnown.end(), [](const Known& a, const Known& b) {
  return a.name.size() < b.name.size();
}));

bool starts_with(std::string_view name, std::string_view lower_prefix) {
  return name.size() >= lower_prefix.size() &&
         text::iequals(name.substr(0, lower_prefix.size()), lower_prefix);
}

// Families of names that are treated alike.
FieldName family(std::string_view name) {
  switch (text::lower(name.front())) {
    case 'x':
      if (starts_with(name, "x-forwarded-")) return FieldName::kXForwarded;
      if (starts_with(name, "x-postern-")) return FieldName::kXPostern;
      if (starts_with(name, kXSentryRateLimitPrefix)) return FieldName::kXSentryRateLimit;
      break;
    case 'a':
      if (starts_with(name, "access-control-")) return FieldName::kAccessControl;
      break;
    default:
      break;
  }
  return FieldName::kOther;
}

}  // namespace

FieldName field_name(std::string_view name) {
  if (name.empty()) return FieldName::kOther;
  if (name.size() <= kLongest) {
    const char first = text::lower(name.front());
    for (size_t i = kStart[name.size()]; i < kStart[name.size() + 1]; ++i) {
      const Known& known = kKnown[i];
      if (known.name.front() == first && text::iequals(known.name, name)) return known.id;
    }
  }
  return family(name);
}

const Field* find(const Fields& fields, FieldName id) {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Field* find(const Fields& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (text::iequals(field.name, name)) return &field;
  }
  return nullptr;
}

size_t count(const Fields& fields, FieldName id) {
  return static_cast<size_t>(std::count_if(fields.begin(), fields.end(),
                                           [id](const Field& field) { return field.id == id; }));
}

bool is_token(std::string_view text) {
  return !text.empty() && chars::span_of(text, chars::kToken) == text.size();
}

bool is_field_value(std::string_view text) {
  return chars::span_of_value(text) == text.size();
}

}  // namespace postern::http
