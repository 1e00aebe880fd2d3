// Which endpoint of Sentry's API does a request ask for? What may be demanded of it, and how its
// calls are counted, follows from that.
//
// Made once at start from the endpoint table; afterwards only read, so any thread may. What match()
// gives out are views into the catalogue and into the path that was asked about.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/method.h"
#include "policy/endpoint.h"
#include "policy/options.h"
#include "policy/route_tree.h"

namespace postern::policy {

enum class MatchKind : uint8_t {
  kEndpoint,
  kOtherMethod,   // the path is known, with other methods
  kMissingSlash,  // the path would be known with a slash at its end; Sentry answers 404, no
                  // redirect
  kUnknown,       // no template fits, as of many endpoints that Sentry does not publish
};

struct Match {
  MatchKind kind = MatchKind::kUnknown;
  const Endpoint* endpoint = nullptr;  // kEndpoint only
  // Which of Catalogue::templates() the path fits, whatever the method and the slash at its end;
  // -1: kUnknown.
  int template_index = -1;
  // For the limits. What is in different groups does not share a counter of Sentry's; routes of one
  // group may. Few different values, whatever the path. As long-lived as the catalogue.
  // "GET"; "POST CLI" for a group of Sentry's with counters of its own; "GET unlisted" of kUnknown
  // and "GET without slash" of kMissingSlash, whose answers mostly say nothing about limits.
  std::string_view group;
  // The endpoint's template; of paths that are the same to Sentry's limiter the published one. Of
  // what is not known, as much as is, then a star: "/api/0/issues/{issue_id}/*". UnlistedRoutes
  // tells apart what such a route holds.
  std::string_view route;
  std::string_view unlisted;  // kUnknown: the part of the path that the star stands for
  // As they stand in the path, slug or id, not decoded; empty when the template has none. Set
  // whenever the known beginning of a path has them.
  std::string_view organization;
  std::string_view project;
};

class Catalogue final {
 public:
  // From the table that is part of the program.
  static Catalogue built_in();
  // From another table. `name` is what messages call it: the file. Faults are told as
  // read_endpoints() tells them; two rows for the same requests are one too.
  static Result<Catalogue> load(std::string text, std::string_view name);
  // As the settings say. REQUIRES: load() takes options.table, if there is one.
  static Catalogue of(const Options& options);

  // `path` is the raw path without the query; classify() has to have found it to be the API's.
  // Allocates nothing, and looks at the first 16 segments only.
  Match match(http::Method method, std::string_view path) const;

  std::span<const Endpoint> endpoints() const { return endpoints_; }  // in the table's order
  std::span<const Route> templates() const { return tree_.routes(); }

 private:
  struct Naming {
    std::string_view group;
    std::string_view route;
  };

  Catalogue() = default;
  static Result<Catalogue> make(std::string_view text, std::string_view name);
  Result<void> plant(std::string_view name);
  void name_all();
  std::string_view group_of(const Endpoint& endpoint);

  std::unique_ptr<const std::string> text_;  // what the endpoints point into; null: built in
  std::vector<Endpoint> endpoints_;
  std::vector<Naming> namings_;  // of the endpoint with the same index
  std::set<std::string> groups_;
  std::array<std::string_view, http::kMethods> unlisted_groups_;  // by method; views of groups_
  std::array<std::string_view, http::kMethods> slashless_groups_;
  RouteTree tree_;
};

}  // namespace postern::policy
