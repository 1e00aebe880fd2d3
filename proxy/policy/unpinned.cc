#include "policy/unpinned.h"

#include <algorithm>
#include <vector>

#include "base/did_you_mean.h"
#include "policy/nearest_template.h"
#include "policy/options.h"
#include "policy/path_pattern.h"

namespace postern::policy {
namespace {

using Kind = PathPattern::Kind;

// Might a path stand for both? A name may be the value of a parameter, on either side.
bool may_be_same(const PathPattern::Segment& a, const PathPattern::Segment& b) {
  const bool are_words = a.kind == Kind::kWord && b.kind == Kind::kWord;
  return !are_words || is_same_word(a.text, b.text);
}

bool has_path_in_common(const PathPattern& entry, const PathPattern& of_template) {
  const auto& wanted = entry.segments;
  const auto& there = of_template.segments;
  const bool has_length =
      entry.open ? there.size() >= wanted.size() : there.size() == wanted.size();
  return has_length && std::equal(wanted.begin(), wanted.end(), there.begin(), may_be_same);
}

}  // namespace

std::optional<std::string> unpinned_doubt(std::string_view entry, const Catalogue& catalogue) {
  const Result<PathPattern> pattern = parse_pattern(entry);
  if (!pattern) return std::nullopt;
  const auto routes = catalogue.templates();
  const bool is_known = std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
    return has_path_in_common(*pattern, pattern_of(route.path));
  });
  if (is_known) return std::nullopt;
  const auto near = nearest_template(entry, catalogue);
  return "names no endpoint that is known" + (near ? text::did_you_mean(*near) : "");
}

}  // namespace postern::policy
