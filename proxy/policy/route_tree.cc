#include "policy/route_tree.h"

#include <algorithm>

#include "base/text.h"

namespace postern::policy {
namespace {

constexpr std::string_view kOrganization = "{organization_id_or_slug}";
constexpr std::string_view kProject = "{project_id_or_slug}";

bool is_shorter_or_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// What stands before the last colon of the segment, escaped or not; empty unless something stands
// on both sides of it.
std::string_view before_colon(std::string_view segment) {
  constexpr size_t kEscaped = 3;  // %3A
  for (size_t at = segment.size(); at-- > 0;) {
    size_t width = segment[at] == ':' ? 1 : 0;
    if (segment[at] == '%' && text::iequals(segment.substr(at, kEscaped), "%3a")) width = kEscaped;
    if (width == 0) continue;
    return at + width == segment.size() ? std::string_view{} : segment.substr(0, at);
  }
  return {};
}

// Can it be the value of a parameter?
bool is_value(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != "..";
}

Owner with_segment(Owner owner, std::string_view segment, size_t depth) {
  const bool is_pair = segment.find(':') != std::string_view::npos;
  const Place here{static_cast<int8_t>(depth), is_pair};
  if (is_pair) segment = segment.substr(0, segment.find(':'));
  if (segment == kOrganization) owner.organization = here;
  if (segment == kProject) owner.project = here;
  return owner;
}

}  // namespace

std::string_view Place::in(const ApiPath& path) const {
  if (segment < 0) return {};
  const std::string_view whole = path.segments[static_cast<uint8_t>(segment)];
  return before_colon ? policy::before_colon(whole) : whole;
}

RouteTree::RouteTree() : nodes_(1) {
  nodes_.front().beginning = std::string(kApiPrefix) + '*';
}

RouteTree::Index RouteTree::find_word(const Node& node, std::string_view segment) const {
  const auto found = std::lower_bound(node.words.begin(), node.words.end(), segment,
                                      [](const Child& child, std::string_view word) {
                                        return is_shorter_or_less(child.word, word);
                                      });
  return found == node.words.end() || found->word != segment ? 0 : found->node;
}

RouteTree::Index RouteTree::child_of(Index parent, std::string_view segment, size_t depth) {
  const auto next = static_cast<Index>(nodes_.size());
  Node child;
  child.owner = with_segment(nodes_[parent].owner, segment, depth);
  child.beginning = nodes_[parent].beginning;
  child.beginning.insert(child.beginning.size() - 1, std::string(segment) + '/');

  Node& node = nodes_[parent];
  if (segment.front() == '{') {
    Index& place = segment.find(':') == std::string_view::npos ? node.parameter : node.pair;
    if (place != 0) return place;
    place = next;
  } else {
    if (const Index known = find_word(node, segment); known != 0) return known;
    const auto behind = std::find_if(node.words.begin(), node.words.end(), [&](const Child& other) {
      return is_shorter_or_less(segment, other.word);
    });
    node.words.insert(behind, {segment, next});
  }
  nodes_.push_back(std::move(child));
  return next;
}

Route& RouteTree::add(std::string_view path) {
  const ApiPath split = split_api_path(path).value_or(ApiPath{});
  Index at = 0;
  Owner owner;
  for (size_t depth = 0; depth < split.count; ++depth) {
    at = child_of(at, split.segments[depth], depth);
    owner = with_segment(owner, split.segments[depth], depth);
  }
  uint32_t& route = nodes_[at].routes[split.slash ? 1 : 0];
  if (route == 0) {
    routes_.push_back({path, owner, {}});
    route = static_cast<uint32_t>(routes_.size());
  }
  return routes_[route - 1];
}

struct RouteTree::Search {
  const ApiPath& path;
  uint32_t exact = 0;
  uint32_t slashed = 0;  // fits but for the slash that is missing
  Index deepest = 0;
  size_t depth = 0;
};

// Is there an exact fit below `at`, which the first `depth` segments lead to?
bool RouteTree::descend(Index at, size_t depth, Search& search) const {
  const Node& node = nodes_[at];
  if (depth > search.depth) {
    search.deepest = at;
    search.depth = depth;
  }
  if (depth == search.path.count) {
    search.exact = node.routes[search.path.slash ? 1 : 0];
    if (search.exact == 0 && search.slashed == 0 && !search.path.slash)
      search.slashed = node.routes[1];
    return search.exact != 0;
  }
  const std::string_view segment = search.path.segments[depth];
  Index word = find_word(node, segment);
  if (word == 0 && segment == "groups") word = find_word(node, "issues");
  if (word != 0 && descend(word, depth + 1, search)) return true;
  if (!is_value(segment)) return false;
  if (node.pair != 0 && !before_colon(segment).empty() && descend(node.pair, depth + 1, search))
    return true;
  return node.parameter != 0 && descend(node.parameter, depth + 1, search);
}

RouteTree::Found RouteTree::find(const ApiPath& path) const {
  Search search{path};
  descend(0, 0, search);
  const Node& deepest = nodes_[search.deepest];
  Found found{nullptr, search.exact == 0, deepest.beginning, search.depth, deepest.owner};
  const uint32_t route = search.exact != 0 ? search.exact : search.slashed;
  if (route != 0) found.route = &routes_[route - 1];
  return found;
}

}  // namespace postern::policy
