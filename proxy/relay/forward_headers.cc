#include "relay/forward_headers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace postern::relay {
namespace {

using http::Field;
using http::FieldName;

using Set = uint64_t;  // of field ids

constexpr Set bit(FieldName id) {
  return Set{1} << static_cast<unsigned>(id);
}

template <class... Ids>
constexpr Set set_of(Ids... ids) {
  return (bit(ids) | ...);
}

constexpr bool has(Set set, FieldName id) {
  return (set & bit(id)) != 0;
}

static_assert(static_cast<unsigned>(FieldName::kXSentryProxyUrl) < 64, "ids fit one word");

// Belongs to one connection (RFC 9110 §7.6.1), or to the framing that is made anew on each.
constexpr Set kHopByHop =
    set_of(FieldName::kConnection, FieldName::kContentLength, FieldName::kExpect,
           FieldName::kHttp2Settings, FieldName::kKeepAlive, FieldName::kProxyAuthenticate,
           FieldName::kProxyAuthorization, FieldName::kProxyConnection, FieldName::kTe,
           FieldName::kTrailer, FieldName::kTransferEncoding, FieldName::kUpgrade);

// The caller's credentials, and what tells where a request came from. Sentry answers 400 to an
// Origin, and takes X-Forwarded-For for the address it limits.
constexpr Set kNotForSentry =
    kHopByHop | set_of(FieldName::kHost, FieldName::kAuthorization, FieldName::kCookie,
                       FieldName::kForwarded, FieldName::kOrigin, FieldName::kReferer,
                       FieldName::kSecFetchDest, FieldName::kSecFetchMode, FieldName::kSecFetchSite,
                       FieldName::kVia, FieldName::kXForwarded, FieldName::kXPostern,
                       FieldName::kAccessControl, FieldName::kAcceptEncoding);

// X-Request-Id and Server-Timing are Postern's own to say, X-Postern-* is nobody else's.
constexpr Set kNotForCaller =
    kHopByHop | set_of(FieldName::kSetCookie, FieldName::kXPostern, FieldName::kServerTiming,
                       FieldName::kXRequestId, FieldName::kAccessControl, FieldName::kAltSvc,
                       FieldName::kContentSecurityPolicy, FieldName::kCrossOriginResourcePolicy,
                       FieldName::kStrictTransportSecurity, FieldName::kXContentTypeOptions,
                       FieldName::kXSentryProxyUrl);

// Without these the body that travels with them could not be read: Connection cannot remove them.
constexpr Set kNeverNominated = set_of(FieldName::kContentEncoding, FieldName::kContentType);

// Fields by which some servers let a caller replace the method, the path or its own address.
constexpr std::array<std::string_view, 9> kOverrides = {
    "x-original-url", "x-rewrite-url",       "x-http-method-override",
    "x-http-method",  "x-method-override",   "x-http-host-override",
    "x-client-ip",    "x-cluster-client-ip", "true-client-ip",
};

// Only browsers send Sec-*, and nothing of a browser's is for Sentry.
bool is_browser_field(std::string_view name) {
  return name.size() > 4 && text::iequals(name.substr(0, 4), "sec-");
}

// To servers that hand fields on as variables of an environment, `_` is as good as `-`.
bool is_same_to_servers(std::string_view name, std::string_view known) {
  return std::equal(name.begin(), name.end(), known.begin(), known.end(),
                    [](char a, char b) { return (a == '_' ? '-' : text::lower(a)) == b; });
}

bool is_override(std::string_view name) {
  if (name.size() < 11 || name.size() > 22) return false;  // shortest and longest of the table
  for (const std::string_view override_name : kOverrides) {
    if (is_same_to_servers(name, override_name)) return true;
  }
  return false;
}

// Looked at only for names that field.h does not know.
bool is_dropped_by_name(std::string_view name) {
  switch (text::lower(name.empty() ? '\0' : name.front())) {
    case 's':
      return is_browser_field(name);
    case 't':
    case 'x':
      return is_override(name);
    default:
      return false;
  }
}

// The names that Connection nominates. Bounded: with more of them than any honest peer needs, each
// field counts as nominated, which costs nobody but that peer.
class Nominations final {
 public:
  explicit Nominations(const http::Fields& fields) {
    for (const Field& field : fields) {
      if (field.id != FieldName::kConnection) continue;
      http::for_each_element(field.value, [this](std::string_view name) { add(name); });
    }
  }

  bool contain(const Field& field) const {
    if (count_ == 0 || has(kNeverNominated, field.id)) return false;
    if (count_ > names_.size()) return true;
    for (size_t i = 0; i < count_; ++i) {
      if (text::iequals(names_[i], field.name)) return true;
    }
    return false;
  }

 private:
  void add(std::string_view name) {
    if (text::iequals(name, "keep-alive") || text::iequals(name, "close")) return;
    if (count_ < names_.size()) names_[count_] = name;
    if (count_ <= names_.size()) ++count_;
  }

  std::array<std::string_view, 16> names_;
  size_t count_ = 0;
};

// Is the weight behind a coding more than nothing? `parameters` starts behind the coding's name.
bool is_wanted(std::string_view parameters) {
  const size_t q = parameters.find_first_of("qQ");
  if (q == std::string_view::npos) return true;
  const std::string_view weight = text::trim(parameters.substr(q + 1));
  if (weight.empty() || weight.front() != '=') return true;
  return weight.find_first_of("123456789") != std::string_view::npos;
}

// What the caller says about gzip, over all its lines: "*" counts where gzip is not named.
class CodingWish final {
 public:
  void read(std::string_view value) {
    http::for_each_element(value, [this](std::string_view element) { read_element(element); });
  }
  bool gzip() const { return gzip_ != Answer::kSilent ? gzip_ == Answer::kYes : any_; }

 private:
  enum class Answer : uint8_t { kSilent, kYes, kNo };

  void read_element(std::string_view element) {
    const size_t semicolon = element.find(';');
    const std::string_view coding = text::trim(element.substr(0, semicolon));
    const bool wanted =
        semicolon == std::string_view::npos || is_wanted(element.substr(semicolon + 1));
    if (text::iequals(coding, "gzip") || text::iequals(coding, "x-gzip"))
      gzip_ = wanted ? Answer::kYes : Answer::kNo;
    else if (coding == "*")
      any_ = wanted;
  }

  Answer gzip_ = Answer::kSilent;
  bool any_ = false;
};

// Puts the request's id, once, where the caller has written one.
class IdPlace final {
 public:
  explicit IdPlace(std::string_view id) : id_(id) {}
  void take(Field callers, http::Fields& out) {
    if (id_.empty()) return;
    callers.value = std::exchange(id_, {});
    out.push_back(callers);
  }
  void fill(http::Fields& out) { take({"X-Request-Id", {}, FieldName::kXRequestId}, out); }

 private:
  std::string_view id_;  // empty: has its place
};

// All but Authorization.
void make_common_fields(const http::RequestHead& head, std::string_view request_id,
                        http::Fields& out) {
  out.clear();
  const Nominations nominated(head.fields);
  bool has_accept = false;
  CodingWish wish;
  IdPlace id(request_id);
  for (const Field& field : head.fields) {
    if (field.id == FieldName::kAcceptEncoding) wish.read(field.value);
    if (has(kNotForSentry, field.id) || nominated.contain(field)) continue;
    if (field.id == FieldName::kOther && is_dropped_by_name(field.name)) continue;
    has_accept |= field.id == FieldName::kAccept;
    field.id == FieldName::kXRequestId ? id.take(field, out) : out.push_back(field);
  }
  if (!has_accept) out.push_back({"Accept", "application/json", FieldName::kAccept});
  // Silence would mean that any coding will do (RFC 9110 §12.5.3), so it is never kept.
  out.push_back({"Accept-Encoding", wish.gzip() ? "gzip" : "identity", FieldName::kAcceptEncoding});
  id.fill(out);
}

// "Sentry sentry_key=…, sentry_version=7": another place for what X-Sentry-Auth says.
bool is_of_dsn(std::string_view authorization) {
  constexpr std::string_view kScheme = "Sentry ";
  return text::iequals(authorization.substr(0, kScheme.size()), kScheme);
}

}  // namespace

void make_request_fields(const http::RequestHead& head, std::string_view request_id,
                         std::string_view authorization, http::Fields& out) {
  make_common_fields(head, request_id, out);
  out.push_back({"Authorization", authorization, FieldName::kAuthorization});
}

void make_ingest_fields(const http::RequestHead& head, std::string_view request_id,
                        http::Fields& out) {
  make_common_fields(head, request_id, out);
  const Field* own = http::find(head.fields, FieldName::kAuthorization);
  if (own != nullptr && is_of_dsn(own->value)) out.push_back(*own);
}

void make_response_fields(const http::ResponseHead& head, http::Fields& out) {
  out.clear();
  const Nominations nominated(head.fields);
  for (const Field& field : head.fields) {
    if (!has(kNotForCaller, field.id) && !nominated.contain(field)) out.push_back(field);
  }
  append_safety_fields(out);
}

void append_safety_fields(http::Fields& out) {
  out.push_back({"X-Content-Type-Options", "nosniff", FieldName::kXContentTypeOptions});
  out.push_back(
      {"Cross-Origin-Resource-Policy", "same-origin", FieldName::kCrossOriginResourcePolicy});
  out.push_back({"Content-Security-Policy", "sandbox; default-src 'none'",
                 FieldName::kContentSecurityPolicy});
}

}  // namespace postern::relay
