#include "policy/nearest_template.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/text.h"

namespace postern::policy {
namespace {

std::string without_names(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    out.append(text::take_until(path, '{'));
    if (path.empty()) break;
    text::take_until(path, '}');
    out.append("{}");
  }
  return out;
}

}  // namespace

std::optional<std::string_view> nearest_template(std::string_view path,
                                                 const Catalogue& catalogue) {
  std::vector<std::string> plain;
  for (const Route& route : catalogue.templates()) plain.push_back(without_names(route.path));
  const std::vector<std::string_view> known(plain.begin(), plain.end());
  const auto near = text::nearest(without_names(path), known);
  if (!near) return std::nullopt;
  const auto at = static_cast<size_t>(std::find(known.begin(), known.end(), *near) - known.begin());
  return catalogue.templates()[at].path;
}

}  // namespace postern::policy
