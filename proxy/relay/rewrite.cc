#include "relay/rewrite.h"

#include <algorithm>

#include "base/text.h"
#include "policy/target.h"

namespace postern::relay {
namespace {

constexpr text::ByteSet kPathEnd("?#");
constexpr text::ByteSet kUrlEnd("<> \"");
constexpr text::ByteSet kSeparator(" \t,");
constexpr text::ByteSet kSpace(" \t");

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

UrlRewriter::UrlRewriter(std::string_view upstream_origin, const std::vector<std::string>& regions,
                         const std::string& organization) {
  const Origin upstream = origin_of(upstream_origin);
  origins_ = origins_of_regions(upstream, regions);
  if (!organization.empty())
    origins_.push_back({organization + "." + upstream.host, upstream.port});
  origins_.insert(origins_.begin(), upstream);
}

size_t UrlRewriter::upstream_origin_length(std::string_view url) const {
  const bool known = std::any_of(origins_.begin(), origins_.end(),
                                 [url](const Origin& origin) { return origin.has(url); });
  if (!known) return 0;
  const size_t length = https_origin_length(url);
  const size_t path_end = kPathEnd.first_in(url, length);
  const policy::Target target = policy::classify(url.substr(length, path_end - length));
  return target.kind == policy::TargetKind::kApi ? length : 0;
}

bool UrlRewriter::rewrite_location(std::string_view value, std::string_view origin,
                                   std::string& out) const {
  const size_t length = upstream_origin_length(value);
  if (length != 0) out.append(origin);
  out.append(value.substr(length));
  return length != 0;
}

bool UrlRewriter::rewrite_link(std::string_view value, std::string_view origin,
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
    replaced |= rewrite_location(value.substr(begin, scanner.url_end() - begin), origin, out);
    copied = scanner.url_end();
  }
  out.append(value.substr(copied));
  return replaced;
}

}  // namespace postern::relay
