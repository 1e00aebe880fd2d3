#include "relay/rewrite.h"

#include <algorithm>

#include "base/text.h"
#include "policy/target.h"

namespace postern::relay {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::string_view kDefaultPort = "443";

struct HostPort {
  std::string_view host;
  std::string_view port;  // empty: none was given
};

constexpr text::ByteSet kOriginEnd("/?#\\");
constexpr text::ByteSet kPathEnd("?#");
constexpr text::ByteSet kUrlEnd("<> \"");
constexpr text::ByteSet kSeparator(" \t,");
constexpr text::ByteSet kSpace(" \t");

// Takes no notice of user information: "a@b" is a host that equals none of ours.
HostPort split(std::string_view authority) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {authority, {}};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

bool has_scheme(std::string_view url) {
  return url.size() > kScheme.size() && text::iequals(url.substr(0, kScheme.size()), kScheme);
}

// Length of scheme and authority of an https URL.
size_t origin_length(std::string_view url) {
  return kOriginEnd.first_in(url, kScheme.size());
}

// One link-value of RFC 8288 §3 after the other: where its URL is, and where the next one starts.
class LinkScanner final {
 public:
  explicit LinkScanner(std::string_view value) : value_(value) { skip_separators(); }

  bool at_end() const { return position_ == value_.size(); }

  // Moves behind the next link-value; false when it is malformed.
  bool next() {
    if (value_[position_] != '<') return false;
    url_begin_ = position_ + 1;
    url_end_ = kUrlEnd.first_in(value_, url_begin_);
    if (url_end_ == value_.size() || value_[url_end_] != '>') return false;
    position_ = url_end_ + 1;
    if (!skip_parameters()) return false;
    skip_separators();
    return true;
  }

  size_t url_begin() const { return url_begin_; }
  size_t url_end() const { return url_end_; }

 private:
  void skip_separators() { position_ = kSeparator.first_not_in(value_, position_); }

  // Up to the comma or the end. Commas and '<' in quotes mean nothing.
  bool skip_parameters() {
    const size_t start = kSpace.first_not_in(value_, position_);
    if (start < value_.size() && value_[start] != ';' && value_[start] != ',') return false;
    bool quoted = false;
    for (; position_ < value_.size(); ++position_) {
      const char c = value_[position_];
      if (c == '"') quoted = !quoted;
      if (quoted && c == '\\') ++position_;
      if (quoted) continue;
      if (c == ',') return true;
      if (c == '<' || c == '>') return false;
    }
    position_ = value_.size();
    return !quoted;
  }

  std::string_view value_;
  size_t position_ = 0;
  size_t url_begin_ = 0;
  size_t url_end_ = 0;
};

}  // namespace

UrlRewriter::UrlRewriter(std::string_view upstream_origin, std::vector<std::string> regions,
                         std::string organization) {
  const std::string_view origin = upstream_origin.substr(0, origin_length(upstream_origin));
  const HostPort upstream = split(has_scheme(origin) ? origin.substr(kScheme.size()) : origin);
  const std::string host(upstream.host);
  const std::string port(upstream.port.empty() ? kDefaultPort : upstream.port);
  places_.push_back({host, port});
  for (const std::string& region : regions) {
    const HostPort own = split(region);
    if (region.find_first_of(".:") == std::string::npos) {
      places_.push_back({region + "." + host, port});
    } else {
      places_.push_back({std::string(own.host), own.port.empty() ? port : std::string(own.port)});
    }
  }
  if (!organization.empty()) places_.push_back({organization + "." + host, port});
}

size_t UrlRewriter::upstream_origin_length(std::string_view url) const {
  if (!has_scheme(url)) return 0;
  const size_t length = origin_length(url);
  const HostPort given = split(url.substr(kScheme.size(), length - kScheme.size()));
  const std::string_view port = given.port.empty() ? kDefaultPort : given.port;
  const bool known = std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
    return place.port == port && text::iequals(place.host, given.host);
  });
  if (!known) return 0;
  const size_t path_end = kPathEnd.first_in(url, length);
  const policy::Target target = policy::classify(url.substr(length, path_end - length));
  return target.kind == policy::TargetKind::kApi ? length : 0;
}

bool UrlRewriter::rewrite_location(std::string_view value, std::string_view authority,
                                   std::string& out) const {
  const size_t length = authority.empty() ? 0 : upstream_origin_length(value);
  if (length != 0) out.append("http://").append(authority);
  out.append(value.substr(length));
  return length != 0;
}

bool UrlRewriter::rewrite_link(std::string_view value, std::string_view authority,
                               std::string& out) const {
  const size_t start = out.size();
  size_t copied = 0;
  bool replaced = false;
  LinkScanner scanner(value);
  while (!scanner.at_end()) {
    if (!scanner.next()) {
      out.resize(start);
      out.append(value);
      return false;
    }
    const size_t begin = scanner.url_begin();
    out.append(value.substr(copied, begin - copied));
    replaced |= rewrite_location(value.substr(begin, scanner.url_end() - begin), authority, out);
    copied = scanner.url_end();
  }
  out.append(value.substr(copied));
  return replaced;
}

}  // namespace postern::relay
