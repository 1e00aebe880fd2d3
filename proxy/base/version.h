// Which Postern this is.
#pragma once

#include <string_view>

namespace postern {

std::string_view version();  // "0.1.0"

}  // namespace postern
