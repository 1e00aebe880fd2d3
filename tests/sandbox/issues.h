// Issues: thousands of them, made up from their number; only what a client changes is kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "call.h"

namespace postern::sandbox {

struct IssueChange {
  std::string status = "unresolved";
  std::optional<std::string> assigned_to;
  bool bookmarked = false;
  bool seen = false;
};

class Issues final {
 public:
  explicit Issues(int per_organization) : per_organization_(per_organization) {}

  int per_organization() const { return per_organization_; }
  std::map<std::int64_t, IssueChange>& changes() { return changes_; }  // by issue number
  IssueChange change(std::int64_t issue) const;

 private:
  int per_organization_;
  std::map<std::int64_t, IssueChange> changes_;
};

const std::vector<Endpoint>& issue_endpoints();

}  // namespace postern::sandbox
