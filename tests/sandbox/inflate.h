// gzip, undone (zlib).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::sandbox {

// What `data` holds, cut off behind `limit` bytes; nothing when it is not gzip, or is damaged.
std::optional<std::string> gunzip(std::string_view data, std::size_t limit);

}  // namespace postern::sandbox
