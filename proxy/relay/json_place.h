// Where a value stands in a JSON text, so that it can be changed and no other byte with it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

// In a path, any element of an array.
inline constexpr std::string_view kEachElement = "[]";

struct JsonPlace {
  size_t begin = 0;  // of the value; a string's quotes belong to it
  size_t end = 0;
  // Without these bytes the member is gone and the text is still JSON, if all that were found are
  // cut. For members only.
  size_t cut_begin = 0;
  size_t cut_end = 0;
  std::optional<std::string> text;  // a string, decoded
};

// Every value at `path`, names of members from the outside in, in the order of the text; a name
// that is there twice is found twice. Nothing: `json` is not one JSON text (RFC 8259), or is nested
// deeper than 128 levels. Pure.
std::optional<std::vector<JsonPlace>> find_in_json(std::string_view json,
                                                   std::span<const std::string_view> path);

}  // namespace postern::relay
