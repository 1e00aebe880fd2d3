// The endpoint that somebody may have meant.
#pragma once

#include <optional>
#include <string_view>

#include "policy/catalogue.h"

namespace postern::policy {

// The template nearest to `path`, which fits none, if near enough to be a likely typing error.
// What parameters are called is nobody's mistake. A view of the catalogue's.
std::optional<std::string_view> nearest_template(std::string_view path, const Catalogue& catalogue);

}  // namespace postern::policy
