// Base64 (RFC 4648 §4), in which a Secret's data is told.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.h"

namespace postern::kubernetes {

Secret to_base64(std::string_view bytes);
std::optional<Secret> from_base64(std::string_view text);  // nothing when it is not base64

}  // namespace postern::kubernetes
