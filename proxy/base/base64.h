// Base64 (RFC 4648 §4).
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.h"

namespace postern::text {

Secret to_base64(std::string_view bytes);
// Nothing when it is not base64, or could be written otherwise: spare bits are zero.
std::optional<Secret> from_base64(std::string_view text);

}  // namespace postern::text
