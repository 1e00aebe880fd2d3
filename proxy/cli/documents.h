// JSON that the commands read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::cli {

struct SeenOrganization {
  std::string slug;
  std::string id;  // digits
};

// Answers of /api/0/organizations/{slug}/ and of /api/0/organizations/.
Result<SeenOrganization> parse_organization(std::string_view json);
Result<std::vector<SeenOrganization>> parse_organizations(std::string_view json);

// ": what is wrong; what to do" of a problem body, "" if it is none.
std::string problem_words(std::string_view json);

}  // namespace postern::cli
