// What a command has around it: where it writes, and the environment.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "config/environment.h"

namespace postern::cli {

// Exit codes of the process.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;  // or configuration

struct Context {
  std::ostream& out;
  std::ostream& err;
  config::Environment environment;
  bool terminal = false;  // `out` is one that lines can be written over on: a person is watching
  int input = 0;          // descriptor of standard input
};

// Text from elsewhere made fit for a terminal: control and non-ASCII bytes become '?', the rest is
// cut after `max` bytes.
std::string printable(std::string_view text, size_t max = 200);

// "  label         value" as a line, made fit for a terminal; nothing for no value.
void append_row(std::string& out, std::string_view label, std::string_view value, size_t max = 400);

}  // namespace postern::cli
