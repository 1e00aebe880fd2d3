#include "grants/registry.h"

#include <utility>

namespace postern::grants {
namespace {

Selection refused(SelectFailure failure) {
  return Selection{nullptr, failure};
}
Selection chosen(Grant* grant) {
  return Selection{grant, SelectFailure::kNone};
}

}  // namespace

Registry::Registry(std::vector<GrantOptions> grants) {
  grants_.reserve(grants.size());
  for (GrantOptions& options : grants) {
    grants_.push_back(std::make_unique<Grant>(std::move(options)));
  }
}

Selection Registry::select(const Wish& wish) const {
  if (!wish.ceiling.empty()) {
    // Whether the other name exists is nobody's business here: 403 either way.
    bool asks_for_another = !wish.header.empty() && wish.header != wish.ceiling;
    if (asks_for_another) return refused(SelectFailure::kNotAllowedHere);
    Grant* grant = find(wish.ceiling);
    return grant != nullptr ? chosen(grant) : refused(SelectFailure::kUnknown);
  }
  if (!wish.header.empty()) {
    Grant* grant = find(wish.header);
    return grant != nullptr ? chosen(grant) : refused(SelectFailure::kUnknown);
  }
  if (!wish.organization.empty()) {
    Grant* match = nullptr;
    for (const auto& grant : grants_) {
      if (!grant->is_of(wish.organization)) continue;
      if (match != nullptr) return refused(SelectFailure::kAmbiguous);
      match = grant.get();
    }
    if (match != nullptr) return chosen(match);
  }
  if (grants_.size() == 1) return chosen(grants_.front().get());
  return refused(grants_.empty() ? SelectFailure::kUnknown : SelectFailure::kAmbiguous);
}

Grant* Registry::find(std::string_view name) const {
  for (const auto& grant : grants_) {
    if (grant->options().name == name) return grant.get();
  }
  return nullptr;
}

std::string Registry::names() const {
  std::string names;
  for (const auto& grant : grants_) {
    if (!names.empty()) names += ", ";
    names += grant->options().name;
  }
  return names;
}

}  // namespace postern::grants
