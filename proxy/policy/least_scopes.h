// The least rights with which some calls can be made.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "policy/endpoint.h"

namespace postern::policy {

struct LeastScopes {
  std::vector<std::string_view> scopes;  // in the order of known_scopes(); none contains another
  std::vector<size_t> impossible;        // indices of calls whose scopes cannot be asked for
};

// `calls`: endpoints that take scopes (Access::kScopes); `all`: every endpoint there is.
// Exact: of all sets with which each possible call passes, one with the fewest admin scopes; of
// those, one that opens the fewest operations that change something; then the fewest that read;
// then the fewest scopes. A scope counts with all that it contains. Pure.
LeastScopes least_scopes(std::span<const Endpoint* const> calls, std::span<const Endpoint> all);

}  // namespace postern::policy
