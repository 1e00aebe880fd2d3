// The document of GET /api/explain and of `postern explain --json`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "relay/explanation.h"

namespace postern::admin {

std::string format_explanation(const relay::Explanation& explanation);
Result<relay::Explanation> parse_explanation(std::string_view json);  // of a running instance

}  // namespace postern::admin
