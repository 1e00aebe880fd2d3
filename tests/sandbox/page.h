// Pages of a list, and the Link header that leads from one to the next.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "call.h"

namespace postern::sandbox {

// The page of a list of `total` items that the request asks for (`cursor`, `per_page` or `limit`,
// at most 100), made of `item(index)`. Wrong parameters get a 400.
Reply page_of(Call& call, std::int64_t total, const std::function<Json(std::int64_t)>& item);
Reply page_of(Call& call, const std::vector<Json>& items);

// The address under which the silo that answers this call is known to the public.
std::string public_origin(const Call& call);
bool is_control_silo(const Match& match);

}  // namespace postern::sandbox
