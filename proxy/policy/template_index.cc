#include "policy/template_index.h"

namespace postern::policy {

TemplateIndex::TemplateIndex(const Catalogue& catalogue) : catalogue_(catalogue) {
  for (const Route& route : catalogue.templates()) patterns_.push_back(pattern_of(route.path));
  for (size_t i = 0; i < size(); ++i) {
    for_each_endpoint(i, [&](const Endpoint& endpoint) {
      operations_.insert(endpoint.operation);
      const bool is_known = endpoint.view != "-";
      if (is_known) by_class_[{endpoint.view, endpoint.method}].push_back(i);
    });
  }
}

uint8_t TemplateIndex::methods(size_t i) const {
  uint8_t methods = 0;
  for_each_endpoint(i, [&](const Endpoint& endpoint) { methods |= bits_of(endpoint.method); });
  return methods;
}

std::vector<std::string_view> TemplateIndex::operations() const {
  return {operations_.begin(), operations_.end()};
}

}  // namespace postern::policy
