// How long Sentry may take to begin its answer, by the kind of call or by its path.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "policy/traffic.h"
#include "relay/options.h"

namespace postern::relay {

// Made once; pure.
class RouteTimeouts final {
 public:
  explicit RouteTimeouts(std::vector<RouteTimeout> rules) : rules_(std::move(rules)) {}

  // Of the first rule that fits; zero: none does. `path` is the raw path without the query.
  // Allocates nothing.
  Duration find(policy::Traffic traffic, std::string_view path) const;

 private:
  std::vector<RouteTimeout> rules_;
};

}  // namespace postern::relay
