// From a file, the environment and flags to checked Options, or to everything that is wrong.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/environment.h"
#include "config/node.h"
#include "config/options.h"

namespace postern::config {

// What a configuration is made from. A flag beats the environment, the environment the file, the
// file the default.
struct Source {
  std::string name;  // of the file, for messages
  std::string text;  // its contents
  Environment environment;
  std::vector<std::pair<std::string, std::string>> flags;  // "log.level" → "debug"
};

// Path of each setting that was given → where. What is not in it has its default.
using Origins = std::map<std::string, Origin, std::less<>>;

struct Loaded {
  Options options;
  Origins origins;
};

// Reads, expands, fills in and checks. The faults are all there are, in the order of the file.
Result<Loaded, Faults> load(const Source& source);

}  // namespace postern::config
