// An entry of `policy.unpinned`: paths that need not name the grant's organization.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/api_path.h"

namespace postern::policy {

// "/api/0/broadcasts/", "/api/0/sentry-apps/{id}/" with a name in braces for any one segment,
// "/api/0/sentry-apps/*" for whatever begins so, the beginning itself included. A value; pure.
class UnpinnedPath final {
 public:
  // The error says what is wrong with `text`, without repeating it. Paths that name an organization
  // are no matter of this list.
  static Result<UnpinnedPath> parse(std::string_view text);

  // Compares raw segments. A slash at the end makes no difference: a path that lacks it leads
  // nowhere at Sentry.
  bool covers(const ApiPath& path) const;

 private:
  std::vector<std::string> segments_;  // "": any
  bool open_ = false;                  // ends in a star
};

}  // namespace postern::policy
