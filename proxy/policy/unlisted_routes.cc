#include "policy/unlisted_routes.h"

#include <algorithm>

#include "base/text.h"

namespace postern::policy {
namespace {

// The words of Sentry's paths are lower-case letters and hyphens.
bool is_word(std::string_view segment) {
  return std::all_of(segment.begin(), segment.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

}  // namespace

std::string_view UnlistedRoutes::name(const Match& match) {
  const std::string_view found = find(match);
  return found.empty() ? std::string_view(*names_.insert(scratch_).first) : found;
}

std::string_view UnlistedRoutes::find(const Match& match) {
  if (match.kind != MatchKind::kUnknown || match.unlisted.empty()) return match.route;
  write(match);
  if (const auto known = names_.find(scratch_); known != names_.end()) return *known;
  return names_.size() == kMostNames ? match.route : std::string_view();
}

void UnlistedRoutes::write(const Match& match) {
  std::string_view rest = match.unlisted;
  scratch_.assign(match.route, 0, match.route.size() - 1);  // without the star
  while (!rest.empty() && scratch_.size() < kLongestName) {
    const std::string_view segment = text::take_until(rest, '/');
    scratch_.append(is_word(segment) ? segment : "*");
    // take_until() drops the slash: it was there if more follows, or if the path ends in one.
    if (segment.data() + segment.size() != match.unlisted.data() + match.unlisted.size())
      scratch_.push_back('/');
  }
  scratch_.resize(std::min(scratch_.size(), kLongestName));
}

}  // namespace postern::policy
