// The query of a page's URL.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::admin {

// "a=1&b=%2f" → a: "1", b: "/". Values are percent-decoded; '+' is itself. Errors: a name that is
// not among `known` or stands twice, a part without '=', a '%' without two hex digits, a control
// byte. Pure.
Result<std::map<std::string_view, std::string>> parse_query(
    std::string_view query, std::span<const std::string_view> known);

}  // namespace postern::admin
