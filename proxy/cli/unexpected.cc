#include "cli/unexpected.h"

#include <algorithm>
#include <string_view>

#include "base/did_you_mean.h"
#include "cli/context.h"

namespace postern::cli {
namespace {

std::vector<std::string_view> commands_of(const ProgramText& program) {
  std::vector<std::string_view> names;
  for (const CommandText& command : program.commands) names.push_back(command.name);
  return names;
}

std::vector<std::string_view> options_of(const ProgramText& program, const std::string& name) {
  std::vector<std::string_view> names;
  for (const ArgumentText& option : program.options) names.push_back(option.name);
  for (const CommandText& command : program.commands) {
    if (command.name != name) continue;
    for (const ArgumentText& option : command.options) names.push_back(option.name);
  }
  return names;
}

}  // namespace

std::string command_names(const ProgramText& program) {
  std::string names;
  for (const CommandText& command : program.commands)
    names += (names.empty() ? "" : ", ") + command.name;
  return names;
}

std::string explain_unexpected(const std::vector<std::string>& words, const ProgramText& program,
                               const std::string& command) {
  const auto option = std::find_if(words.begin(), words.end(),
                                   [](const std::string& one) { return one.starts_with('-'); });
  std::string word = option == words.end() ? words.front() : *option;
  word.resize(std::min(word.size(), word.find('=')));
  const std::string shown = printable(word);
  if (word.starts_with('-')) {
    std::string near = text::did_you_mean(word, options_of(program, command));
    if (near.empty() && command == "run") near = "; those of the program go behind --";
    return "there is no option " + shown + near;
  }
  if (!command.empty()) return shown + " is not expected; a configuration goes behind --config";
  const std::string near = text::did_you_mean(word, commands_of(program));
  return "there is no command " + shown +
         (near.empty() ? "; there are " + command_names(program) : near);
}

}  // namespace postern::cli
