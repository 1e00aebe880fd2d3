// What the commands are, in words: help, completion and the manual page are made from this, and
// this from the grammar in arguments.cc.
#pragma once

#include <string>
#include <vector>

namespace postern::cli {

// An option or an operand. ASCII throughout, for terminals and roff.
struct ArgumentText {
  std::string name;   // "--grant", "METHOD"
  std::string value;  // what follows, "NAME"; "auto|always|never": one of these; empty: nothing
  std::string help;
  bool is_required = false;  // operands only
  bool is_rest = false;      // an operand that takes all words behind --
};

struct CommandText {
  std::string name;
  std::string summary;                 // one sentence without its full stop
  std::string example;                 // a command line
  std::vector<ArgumentText> options;   // of its own
  std::vector<ArgumentText> operands;  // in their order
  bool is_configured = true;           // takes --config and --set
};

struct ProgramText {
  std::string summary;
  std::vector<ArgumentText> options;  // that every command takes; --help last
  std::vector<CommandText> commands;
};

ProgramText program_text();

// The words of "auto|always|never"; empty when it is no such list.
std::vector<std::string> choices(const std::string& value);

}  // namespace postern::cli
