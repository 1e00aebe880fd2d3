// The parts of a multipart/form-data body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "message.h"

namespace postern::sandbox {

struct Part {
  std::string name;
  std::string file_name;
  std::string_view content;  // within the request's body
};

// Empty when the request is not multipart, or malformed.
std::vector<Part> parts_of(const Request& request);
const Part* find_part(const std::vector<Part>& parts, std::string_view name);

}  // namespace postern::sandbox
