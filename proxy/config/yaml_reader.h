// YAML text to a tree of nodes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/node.h"

namespace postern::config {

// One document; aliases are followed, tags ignored, comments dropped. `name` is the file's name in
// origins. Refuses more than 1 MiB, 20,000 nodes or 32 levels.
Result<Node, Fault> parse_yaml(std::string_view text, const std::string& name);

}  // namespace postern::config
