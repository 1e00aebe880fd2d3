#include "policy/unpinned_path.h"

#include <algorithm>

#include "base/text.h"
#include "policy/target.h"

namespace postern::policy {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}' &&
         segment.find_first_of("{}", 1) == segment.size() - 1;
}

// What is wrong with a segment that stands for itself; empty if nothing.
std::string fault_of_word(std::string_view word) {
  if (word.empty()) return "has an empty segment";
  if (word.find('*') != std::string_view::npos) return "has a star that is not its last segment";
  if (word.find_first_of("{}") != std::string_view::npos)
    return "has a brace that is not around a whole segment, like {id}";
  const Target target = classify(std::string(kApiPrefix).append(word));
  return target.kind == TargetKind::kApi ? "" : "can never match: " + std::string(target.detail);
}

// Does what lies below this word name an organization?
bool is_organizations(std::string_view word) {
  return !classify(std::string(kApiPrefix).append(word).append("/acme/")).organization.empty();
}

}  // namespace

Result<UnpinnedPath> UnpinnedPath::parse(std::string_view text) {
  if (!text.starts_with(kApiPrefix)) return fail("does not begin with /api/0/");
  std::string_view rest = text.substr(kApiPrefix.size());
  UnpinnedPath entry;
  while (!rest.empty()) {
    const std::string_view segment = text::take_until(rest, '/');
    if (segment == "*" && rest.empty() && text.back() == '*') {
      entry.open_ = true;
      break;
    }
    const bool any = is_parameter(segment);
    if (std::string fault = any ? "" : fault_of_word(segment); !fault.empty())
      return fail(std::move(fault));
    entry.segments_.emplace_back(any ? "" : segment);
  }
  if (entry.segments_.size() > ApiPath::kMostSegments) return fail("has too many segments");
  const std::vector<std::string>& words = entry.segments_;
  const bool goes_below = entry.open_ || words.size() > 1;
  if (goes_below && !words.empty() && is_organizations(words.front()))
    return fail("holds paths that name an organization: for another one, add a grant");
  return entry;
}

bool UnpinnedPath::covers(const ApiPath& path) const {
  if (open_ ? path.count < segments_.size() : path.count != segments_.size()) return false;
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (!segments_[i].empty() && segments_[i] != path.segments[i]) return false;
  }
  return true;
}

}  // namespace postern::policy
