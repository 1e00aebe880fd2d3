// Routes: which endpoints the pretend Sentry knows, read from routes.tsv at build time.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "limiter.h"

namespace postern::sandbox {

struct Operation {
  std::string method;
  std::vector<std::string> scopes;  // any one suffices; or one word such as `public`
  std::string limits;               // as in the table
};

// One path with all its methods.
struct Route {
  std::string path;
  std::vector<std::string> segments;
  bool trailing_slash = true;
  std::string view;         // the endpoint's class
  std::string group;        // `default` or `CLI`
  bool own_bucket = false;  // one bucket for this class and method, else one for the group
  std::vector<Operation> operations;

  const Operation* find(std::string_view method) const;
  // What limiters and the control calls name a bucket by: `OrganizationGroupIndexEndpoint:GET`,
  // `default:GET`.
  std::string bucket_label(std::string_view method) const;
};

struct Match {
  const Route* route = nullptr;                                // null: no such endpoint
  std::map<std::string, std::string, std::less<>> parameters;  // decoded

  std::string_view parameter(std::string_view name) const;
};

class Routes final {
 public:
  Routes();
  Match match(std::string_view path) const;

 private:
  void add(std::string_view row);

  std::vector<Route> routes_;
};

// The limit of the table for one category of caller (`ip`, `user`, `org`), on top of `otherwise`.
Limit documented_limit(const std::string& limits, std::string_view category, Limit otherwise);

}  // namespace postern::sandbox
