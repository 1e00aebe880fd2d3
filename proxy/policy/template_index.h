// The catalogue's templates as a rule looks for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/catalogue.h"
#include "policy/path_pattern.h"

namespace postern::policy {

// Sets of methods: a bit for each.
constexpr uint8_t bit(http::Method method) {
  return static_cast<uint8_t>(1U << static_cast<unsigned>(method));
}
// What a rule means by a method: HEAD is GET without its body, and Sentry's servers treat it so.
constexpr uint8_t bits_of(http::Method method) {
  return static_cast<uint8_t>(bit(method) |
                              (method == http::Method::kGet ? bit(http::Method::kHead) : 0));
}

// Made to compile rules, then thrown away. The catalogue must outlive it. Templates go by their
// number in Catalogue::templates().
class TemplateIndex final {
 public:
  explicit TemplateIndex(const Catalogue& catalogue);

  const Catalogue& catalogue() const { return catalogue_; }
  size_t size() const { return patterns_.size(); }
  const PathPattern& pattern(size_t i) const { return patterns_[i]; }
  std::string_view path(size_t i) const { return catalogue_.templates()[i].path; }
  uint8_t methods(size_t i) const;                   // that the catalogue knows of it
  std::vector<std::string_view> operations() const;  // of all, sorted

  template <class Fn>
  void for_each_endpoint(size_t i, Fn fn) const {
    for (const uint16_t slot : catalogue_.templates()[i].endpoints) {
      if (slot != 0) fn(catalogue_.endpoints()[slot - 1U]);
    }
  }

  // fn(template, methods) for every way to call what template `i` calls with `methods`, itself
  // included: Sentry serves some classes by several paths.
  template <class Fn>
  void for_each_alias(size_t i, uint8_t methods, Fn fn) const {
    for_each_endpoint(i, [&](const Endpoint& endpoint) {
      const auto shared = static_cast<uint8_t>(bits_of(endpoint.method) & methods);
      const auto found = by_class_.find({endpoint.view, endpoint.method});
      if (shared == 0 || found == by_class_.end()) return;
      for (const size_t other : found->second) fn(other, shared);
    });
  }

 private:
  const Catalogue& catalogue_;
  std::vector<PathPattern> patterns_;
  std::set<std::string_view> operations_;
  std::map<std::pair<std::string_view, http::Method>, std::vector<size_t>> by_class_;
};

}  // namespace postern::policy
