// Calls of a log, counted by operation, and the least scopes that they take.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/call_line.h"
#include "policy/catalogue.h"
#include "policy/unlisted_routes.h"

namespace postern::cli {

struct CountedOperation {
  const policy::Endpoint* endpoint;
  uint64_t calls;
};

// No scope can be named for it.
struct Undecided {
  std::string call;  // "GET /api/0/organizations/{organization_id_or_slug}/new-thing/"
  std::string why;
  uint64_t calls;
};

struct NeededScopes {
  std::string grant;  // empty: the lines named none
  uint64_t calls = 0;
  std::vector<std::string_view> scopes;
  std::vector<CountedOperation> operations;  // that take scopes, the most called first
  std::vector<Undecided> undecided;          // likewise
};

// The catalogue must outlive it. Bounded: an operation is counted, not kept.
class ScopeTally final {
 public:
  explicit ScopeTally(const policy::Catalogue& catalogue) : catalogue_(catalogue) {}

  // REQUIRES: kCall.
  void add(const CallLine& call);

  // No calls to Sentry: other paths, questions of browsers (OPTIONS), what Postern has refused
  // because it is not to be done (a denied call, another organization…).
  uint64_t left_out() const { return left_out_; }
  std::vector<std::string> grants() const;  // that lines have named; "" for those that named none

  // The least scopes of the calls of this grant; with those that `postern login` needs if it
  // `logs_in`.
  NeededScopes needed(const std::string& grant, bool logs_in) const;

 private:
  struct Counted {
    uint64_t calls = 0;
    std::map<const policy::Endpoint*, uint64_t> operations;
    std::map<std::pair<std::string, std::string>, uint64_t> undecided;  // call and why
  };

  const policy::Catalogue& catalogue_;
  policy::UnlistedRoutes unlisted_;
  std::map<std::string, Counted> grants_;
  uint64_t left_out_ = 0;
};

// What `postern login` calls; null if the table does not list it.
const policy::Endpoint* login_call(const policy::Catalogue& catalogue);

}  // namespace postern::cli
