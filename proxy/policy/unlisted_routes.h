// Names for the routes of paths that the endpoint table does not list.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "policy/catalogue.h"

namespace postern::policy {

// Sentry has more endpoints than the table. Those behind one known beginning may be counted apart
// by Sentry, so they get names apart: the words of the path with stars for what looks like an id,
// "/api/0/organizations/{organization_id_or_slug}/new-thing/*/".
//
// Bounded: callers choose these paths. Past kMostNames, new ones get the route that the match has.
// Loop thread; the views last as long as the object.
class UnlistedRoutes final {
 public:
  static constexpr size_t kMostNames = 256;
  static constexpr size_t kLongestName = 200;  // bytes; cut there

  UnlistedRoutes() = default;
  UnlistedRoutes(const UnlistedRoutes&) = delete;  // views into it are out
  UnlistedRoutes& operator=(const UnlistedRoutes&) = delete;

  // The match's own route unless it is kUnknown. Allocates only for a name that is new.
  std::string_view name(const Match& match);
  // The same, but makes no new name: "" where name() would.
  std::string_view find(const Match& match);
  size_t size() const { return names_.size(); }

 private:
  void write(const Match& match);

  std::set<std::string, std::less<>> names_;
  std::string scratch_;
};

}  // namespace postern::policy
