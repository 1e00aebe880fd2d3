#include "policy/least_scopes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <unordered_set>
#include <utility>

#include "policy/scopes.h"

namespace postern::policy {
namespace {

using Set = uint32_t;  // a bit for each of known_scopes()

// Admin scopes, changing operations, reading operations, scopes: compared in this order.
using Weight = std::array<int, 4>;
constexpr Weight kHeaviest{std::numeric_limits<int>::max()};

Set bit_of(std::string_view scope) {
  const auto names = known_scopes();
  const auto found = std::find(names.begin(), names.end(), scope);
  return found == names.end() ? 0 : Set{1} << (found - names.begin());
}

// The scope and all that it contains. Empty for one that cannot be asked for.
Set closure(std::string_view scope) {
  Set set = 0;
  if (!is_grantable(scope)) return set;
  for (const std::string_view name : known_scopes())
    if (implies(scope, name)) set |= bit_of(name);
  return set;
}

// What a set of scopes gives. No more scopes give less, so a set that is too heavy stays so.
class Scale final {
 public:
  explicit Scale(std::span<const Endpoint> all) {
    for (const std::string_view name : known_scopes())
      if (name.ends_with(":admin")) admin_ |= bit_of(name);
    for (const Endpoint& endpoint : all) {
      Set any_of = 0;
      for (const std::string_view scope : endpoint.scopes) any_of |= bit_of(scope);
      (http::is_safe(endpoint.method) ? reads_ : changes_).push_back(any_of);
    }
  }
  Weight weigh(Set set) const {
    const auto is_open = [&](Set any_of) { return (any_of & set) != 0; };
    const auto opened = [&](const std::vector<Set>& operations) {
      return static_cast<int>(std::count_if(operations.begin(), operations.end(), is_open));
    };
    return {std::popcount(set & admin_), opened(changes_), opened(reads_), std::popcount(set)};
  }

 private:
  Set admin_ = 0;
  std::vector<Set> changes_;
  std::vector<Set> reads_;
};

// Tries, for the first call that does not pass yet, each scope that would let it pass. The sets are
// closed, of which there are some tens of thousands, and none is looked at twice.
class Search final {
 public:
  explicit Search(std::span<const Endpoint> all) : scale_(all) {}

  void add(std::vector<Set> choices) {
    if (std::find(calls_.begin(), calls_.end(), choices) == calls_.end())
      calls_.push_back(std::move(choices));
  }
  Set run() {
    descend(0);
    return best_;
  }

 private:
  void descend(Set set) {
    if (!seen_.insert(set).second) return;
    const Weight weight = scale_.weigh(set);
    if (weight >= best_weight_) return;
    const auto open = std::find_if(calls_.begin(), calls_.end(), [&](const auto& choices) {
      return std::none_of(choices.begin(), choices.end(),
                          [&](Set choice) { return (choice & ~set) == 0; });
    });
    if (open == calls_.end()) {
      best_ = set;
      best_weight_ = weight;
      return;
    }
    for (const Set choice : *open) descend(set | choice);
  }

  Scale scale_;
  std::vector<std::vector<Set>> calls_;  // closures of what each takes
  std::unordered_set<Set> seen_;
  Set best_ = 0;
  Weight best_weight_ = kHeaviest;
};

}  // namespace

LeastScopes least_scopes(std::span<const Endpoint* const> calls, std::span<const Endpoint> all) {
  LeastScopes found;
  Search search(all);
  for (size_t i = 0; i < calls.size(); ++i) {
    std::vector<Set> choices;
    for (const std::string_view scope : calls[i]->scopes)
      if (const Set set = closure(scope); set != 0) choices.push_back(set);
    if (choices.empty()) {
      found.impossible.push_back(i);
    } else {
      search.add(std::move(choices));
    }
  }
  const Set best = search.run();
  for (const std::string_view name : known_scopes()) {
    const bool is_contained =
        std::any_of(known_scopes().begin(), known_scopes().end(), [&](std::string_view wider) {
          return wider != name && (bit_of(wider) & best) != 0 && implies(wider, name);
        });
    if ((bit_of(name) & best) != 0 && !is_contained) found.scopes.push_back(name);
  }
  return found;
}

}  // namespace postern::policy
