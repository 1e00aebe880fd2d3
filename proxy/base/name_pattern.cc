#include "base/name_pattern.h"

#include <algorithm>

#include "base/text.h"

namespace postern {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr size_t kMostName = 255;

bool is_uri(std::string_view name) {
  return name.find(kSchemeEnd) != std::string_view::npos;
}

// Scheme and host of a URI, which have no case; its path has.
size_t host_end(std::string_view uri) {
  return std::min(uri.find('/', uri.find(kSchemeEnd) + kSchemeEnd.size()), uri.size());
}

bool is_same_uri(std::string_view a, std::string_view b) {
  const size_t end = host_end(a);
  return end == host_end(b) && text::iequals(a.substr(0, end), b.substr(0, end)) &&
         a.substr(end) == b.substr(end);
}

bool fits_uri(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with("/*")) return is_same_uri(pattern, name);
  pattern.remove_suffix(1);
  return name.size() > pattern.size() && is_same_uri(pattern, name.substr(0, pattern.size()));
}

}  // namespace

bool fits_name(std::string_view pattern, std::string_view name) {
  if (is_uri(pattern) != is_uri(name)) return false;
  if (is_uri(pattern)) return fits_uri(pattern, name);
  if (!pattern.starts_with("*.")) return text::iequals(pattern, name);
  const size_t dot = name.find('.');
  const bool has_label = dot != std::string_view::npos && dot > 0;
  return has_label && text::iequals(pattern.substr(1), name.substr(dot));
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return fits_name(pattern, name); });
}

std::optional<std::string> name_pattern_fault(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMostName) return "must have 1 to 255 characters";
  const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (!std::all_of(pattern.begin(), pattern.end(), is_visible))
    return "must be visible ASCII characters without spaces";
  std::string_view fixed = pattern;
  if (is_uri(pattern)) {
    if (fixed.ends_with("/*")) fixed.remove_suffix(1);
    // "spiffe://*" would let in every authority's names.
    if (host_end(fixed) == fixed.find(kSchemeEnd) + kSchemeEnd.size()) return "names no host";
  } else if (fixed.starts_with("*.")) {
    fixed.remove_prefix(2);
    if (fixed.empty()) return "has nothing behind the star";
  }
  if (fixed.find('*') == std::string_view::npos) return std::nullopt;
  return "may have a star as its first label, *.shop.svc, or at the end of a URI, "
         "spiffe://shop.example/*, and nowhere else";
}

}  // namespace postern
