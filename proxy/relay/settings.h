// Settings: what the configuration says about requests, made ready to be asked.
#pragma once

#include <memory>

#include "policy/catalogue.h"
#include "policy/pin.h"
#include "policy/rules.h"
#include "relay/guard.h"
#include "relay/options.h"
#include "relay/route_timeouts.h"

namespace postern::relay {

class Admission;
class Caching;

// Never changed: another configuration makes another one. A request keeps those that it began
// with, so it is judged by one configuration from beginning to end. Loop thread.
struct Settings {
  // `catalogue` must outlive it. REQUIRES: the options have been checked.
  Settings(const Options& from, const policy::Catalogue& catalogue);

  const Options options;
  const Guard guard;
  const policy::OrganizationPin pin;
  const policy::Rules rules;
  const RouteTimeouts timeouts;
  Admission* admission = nullptr;    // null: nothing is held back
  std::shared_ptr<Caching> caching;  // null: every request makes its call
};

}  // namespace postern::relay
