#include "cli/completion.h"

namespace postern::cli {
namespace {

constexpr const char* kBegin = R"(# fish completion for postern. Load it with
#   postern completion fish | source
# or keep it as ~/.config/fish/completions/postern.fish.

function __postern_grants
    set -l words (commandline -opc)
    set -l config
    for i in (seq 2 (count $words))
        if test "$words[$i]" = --config; and test $i -lt (count $words)
            set config --config $words[(math $i + 1)]
        end
    end
    $words[1] completion grants $config 2>/dev/null
end

complete -c postern -f
)";

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string words_of(const ArgumentText& argument) {
  std::string words;
  for (const std::string& word : choices(argument.value))
    words += (words.empty() ? "" : " ") + word;
  return words;
}

std::string value_of(const ArgumentText& argument) {
  switch (value_kind(argument)) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kChoice:
      return " -x -a " + quoted(words_of(argument));
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kGrant:
      return " -x -a '(__postern_grants)'";
    case ValueKind::kText:
      break;
  }
  return " -x";
}

std::string line(const std::string& condition, const std::string& rest, const std::string& help) {
  return "complete -c postern" + condition + rest + " -d " + quoted(help) + '\n';
}

std::string of_command(const CommandText& command) {
  const std::string condition = " -n '__fish_seen_subcommand_from " + command.name + "'";
  std::string out;
  for (const ArgumentText& option : command.options)
    out += line(condition, " -l " + option.name.substr(2) + value_of(option), option.help);
  for (const ArgumentText& operand : command.operands) {
    if (operand.is_rest) out += line(condition, " -a '(__fish_complete_command)'", operand.help);
    if (!words_of(operand).empty())
      out += line(condition, " -a " + quoted(words_of(operand)), operand.help);
  }
  return out;
}

}  // namespace

std::string fish_completion(const ProgramText& program) {
  std::string out = kBegin;
  for (const CommandText& command : program.commands)
    out += line(" -n __fish_use_subcommand", " -a " + command.name, command.summary);
  for (const ArgumentText& option : program.options)
    out += line("", " -l " + option.name.substr(2) + value_of(option), option.help);
  for (const CommandText& command : program.commands) out += of_command(command);
  return out;
}

}  // namespace postern::cli
