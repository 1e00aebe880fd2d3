// The end of a message about a name that is not known: "; did you mean max_body?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postern::text {

// With the candidate nearest to `name`; "" if none is near enough (text::nearest).
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);
// With this one.
std::string did_you_mean(std::string_view candidate);

}  // namespace postern::text
