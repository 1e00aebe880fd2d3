// How long Sentry may take to begin its answer, by the kind of call or by its path.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "policy/path_pattern.h"
#include "policy/traffic.h"
#include "relay/options.h"

namespace postern::relay {

// Made once; pure.
class RouteTimeouts final {
 public:
  // REQUIRES: policy::pattern_fault() has found nothing in their paths.
  explicit RouteTimeouts(const std::vector<RouteTimeout>& settings);

  // Of the first rule that fits; zero: none does. `path` is the raw path without the query.
  // Allocates nothing.
  Duration find(policy::Traffic traffic, std::string_view path) const;

 private:
  struct Rule {
    policy::Traffic traffic = policy::Traffic::kOrdinary;
    std::optional<policy::PathPattern> path;  // in place of the traffic
    Duration first_byte{};
  };

  std::vector<Rule> rules_;
  bool has_paths_ = false;
};

}  // namespace postern::relay
