// GrantIdentities: does a grant still act for whom it did, with the rights it had?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "grants/grant.h"

namespace postern::relay {

// A token's renewal changes nobody's identity; a login may. Where it is not known whose the token
// is (a fixed one, or one that was imported unverified), each new token counts as somebody else's.
// Grants outlive it. One thread.
class GrantIdentities final {
 public:
  struct Identity {
    uint64_t number = 0;       // no other one has had it
    bool has_changed = false;  // since the last question
  };
  Identity of(const grants::Grant& grant);
  // The number that of() would give, if it is one that the grant has already. Changes nothing.
  std::optional<uint64_t> present(const grants::Grant& grant) const;

 private:
  struct Known {
    uint64_t number = 0;
    uint64_t generation = 0;
    std::string holder;
    std::string organization_id;
    std::vector<std::string> scopes;
  };
  static bool is_same(const Known& known, const grants::Grant& grant);

  std::unordered_map<const grants::Grant*, Known> known_;
  uint64_t last_ = 0;
};

}  // namespace postern::relay
