// Which Postern this is.
#pragma once

#include <string_view>

namespace postern {

std::string_view version();  // "0.1.0"

struct Commit {
  std::string_view id;       // "3f2a91c04d5e"; empty: built without the repository
  bool is_modified = false;  // what was built is not quite that commit
};
Commit commit();  // its source is made with each build

}  // namespace postern
