#include "relay/settings.h"

#include <cassert>
#include <utility>

namespace postern::relay {
namespace {

// Whoever made the options has checked them. Rules that cannot be read let nothing through.
policy::Rules make_rules(const policy::Options& options, const policy::Catalogue& catalogue) {
  auto rules = policy::Rules::compile(options, catalogue);
  assert(rules.has_value());
  return rules ? std::move(*rules) : policy::Rules::none_allowed(catalogue);
}

}  // namespace

Settings::Settings(const Options& from, const policy::Catalogue& catalogue)
    : options(from),
      guard(from.guard),
      pin(from.policy),
      rules(make_rules(from.policy, catalogue)),
      timeouts(from.route_timeouts) {}

}  // namespace postern::relay
