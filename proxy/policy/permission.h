// Does a token with these scopes pass this endpoint?
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/endpoint.h"
#include "policy/options.h"

namespace postern::policy {

enum class Clearance : uint8_t {
  kPasses,    // a scope that the endpoint takes is granted, or it takes none
  kLacks,     // none of those that it takes is
  kNoToken,   // no token passes: a browser's session, or id and secret of a Sentry App
  kNotKnown,  // the table does not say what is needed, or nobody what is granted
};

struct Permission {
  Clearance clearance = Clearance::kNotKnown;
  // Of kLacks: Sentry publishes what the endpoint takes, so a call may be refused for it. Of others
  // the table may be wrong.
  bool certain = false;
  std::span<const std::string_view> needed;  // any one suffices; empty: no scope helps
  std::string_view least;                    // least_of() them; empty where kPasses
};

// `endpoint`: null for what the table does not list. `granted`: as the grant has them, expanded by
// Sentry or not; empty: not known. Allocates nothing; the views are the endpoint's.
Permission permission(const Endpoint* endpoint, const std::vector<std::string>& granted);

// Is such a call answered instead of sent?
constexpr bool refuses(Preflight preflight, const Permission& permission) {
  return preflight == Preflight::kEnforce && permission.certain;
}

// The one to ask for: the first that contains no other one and can be asked for; if none can, the
// first. Empty for an empty list.
std::string_view least_of(std::span<const std::string_view> any_of);

}  // namespace postern::policy
