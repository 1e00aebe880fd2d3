// From a file, the environment and flags to checked Options, or to everything that is wrong.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/environment.h"
#include "config/flag.h"
#include "config/node.h"
#include "config/options.h"
#include "config/text_file.h"

namespace postern::config {

// What is wrong with a setting, and its path, "policy.rules[0].path".
struct Remark {
  std::string path;
  std::string message;
};

// Finds what needs more than the settings to be judged, such as the endpoint table. Asked once,
// for options that may have other faults; what only follows from those is left out afterwards.
using FurtherCheck = std::function<std::vector<Remark>(const Options& options)>;

// What a configuration is made from. A flag beats the environment, the environment the file, the
// file the default.
struct Source {
  std::string name;  // of the file, for messages
  std::string text;  // its contents
  Environment environment;
  std::vector<Flag> flags;               // in their order
  FurtherCheck further_check = nullptr;  // null: none
  TextFiles files = TextFiles::kAny;     // that settings may name
};

// Path of each setting that was given → where. What is not in it has its default.
using Origins = std::map<std::string, Origin, std::less<>>;

struct Loaded {
  Options options;
  Origins origins;
};

// Reads, expands, fills in and checks. The faults are all there are, in the order of the file.
Result<Loaded, Faults> load(const Source& source);

// What could be read of a configuration that may be faulty. Nothing has been checked.
struct Draft {
  Options options;
  Origins origins;
  Faults faults;            // of reading alone, in no order but that of what makes it unreadable
  bool is_readable = true;  // false: the file is no configuration; its fault is the first
};
Draft read_draft(const Source& source);

}  // namespace postern::config
