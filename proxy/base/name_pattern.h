// Names of callers as their certificates tell them, and the patterns by which settings allow them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

// "web.shop.svc" fits that name alone; "*.shop.svc" a name with one label more; a URI that ends in
// a slash and a star, "spiffe://shop.example/ns/web/*", each that begins so and goes on. The names
// of hosts, here and in a URI, are the same in any case.
bool fits_name(std::string_view pattern, std::string_view name);

// Does one of them fit? Of no patterns none does.
bool fits_any(const std::vector<std::string>& patterns, std::string_view name);

// What is wrong with a pattern, without repeating it; nothing if it is right.
std::optional<std::string> name_pattern_fault(std::string_view pattern);

}  // namespace postern
