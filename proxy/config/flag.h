// A setting of the command line.
#pragma once

#include <string>

namespace postern::config {

struct Flag {
  std::string path;            // "log.level"
  std::string text;            // "debug"
  std::string name = "--set";  // what was typed, for messages
};

}  // namespace postern::config
