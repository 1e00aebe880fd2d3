#include "relay/grant_identities.h"

#include <algorithm>

namespace postern::relay {
namespace {

bool is_holder_known(const grants::Grant& grant) {
  switch (grant.options().kind) {
    case grants::Kind::kOauth:
      return grant.holder().starts_with("user ");
    case grants::Kind::kIntegration:
      return true;
    case grants::Kind::kStatic:
      break;
  }
  return false;
}

}  // namespace

GrantIdentities::Identity GrantIdentities::of(const grants::Grant& grant) {
  const grants::Token* token = grant.token().get();
  const uint64_t generation = token != nullptr ? token->generation : 0;
  Known& known = known_[&grant];
  const bool is_new = known.number == 0;
  const bool same_names =
      known.holder == grant.holder() && known.organization_id == grant.organization_id();
  if (!is_new && same_names && known.generation == generation) return {known.number, false};

  const std::vector<std::string> scopes = token != nullptr ? token->scopes : known.scopes;
  const bool same = !is_new && same_names && is_holder_known(grant) && scopes == known.scopes;
  known.generation = generation;
  if (same) return {known.number, false};
  known.number = ++last_;
  known.holder = grant.holder();
  known.organization_id = grant.organization_id();
  known.scopes = scopes;
  return {known.number, !is_new};
}

}  // namespace postern::relay
