#include "relay/grant_identities.h"

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

bool GrantIdentities::is_same(const Known& known, const grants::Grant& grant) {
  if (known.number == 0 || known.holder != grant.holder() ||
      known.organization_id != grant.organization_id())
    return false;
  const grants::Token* token = grant.token().get();
  const uint64_t generation = token != nullptr ? token->generation : 0;
  if (known.generation == generation) return true;
  return is_holder_known(grant) && (token == nullptr || token->scopes == known.scopes);
}

GrantIdentities::Identity GrantIdentities::of(const grants::Grant& grant) {
  const grants::Token* token = grant.token().get();
  Known& known = known_[&grant];
  const bool same = is_same(known, grant);
  known.generation = token != nullptr ? token->generation : 0;
  if (same) return {known.number, false};
  const bool is_new = known.number == 0;
  known.number = ++last_;
  known.holder = grant.holder();
  known.organization_id = grant.organization_id();
  if (token != nullptr) known.scopes = token->scopes;
  return {known.number, !is_new};
}

std::optional<uint64_t> GrantIdentities::present(const grants::Grant& grant) const {
  const auto found = known_.find(&grant);
  if (found == known_.end() || !is_same(found->second, grant)) return std::nullopt;
  return found->second.number;
}

}  // namespace postern::relay
