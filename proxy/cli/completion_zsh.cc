#include <string_view>

#include "cli/completion.h"

namespace postern::cli {
namespace {

constexpr std::string_view kBegin = R"zsh(#compdef postern
# zsh completion for postern. Keep it as _postern in a folder of $fpath, or load it with
#   source <(postern completion zsh)

_postern_grants() {
  local -a names
  names=(${(f)"$(_call_program grants ${_postern_program:-postern} completion grants \
    ${opt_args[--config]:+--config ${opt_args[--config]}} 2>/dev/null)"})
  compadd -a names
}

_postern() {
  local curcontext=$curcontext state line _postern_program=$words[1]
  typeset -A opt_args
)zsh";

constexpr std::string_view kEnd = R"zsh(
# Loaded as a function of $fpath, this file is the function's body.
if [[ ${funcstack[1]} == _postern ]]; then
  _postern "$@"
else
  compdef _postern postern
fi
)zsh";

// As part of a specification between single quotes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
      continue;
    }
    if (c == '\\' || c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string action_of(const ArgumentText& argument) {
  switch (value_kind(argument)) {
    case ValueKind::kChoice: {
      std::string words;
      for (const std::string& word : choices(argument.value))
        words += (words.empty() ? "" : " ") + word;
      return "(" + words + ")";
    }
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kGrant:
      return "_postern_grants";
    case ValueKind::kNone:
    case ValueKind::kText:
      break;
  }
  return " ";
}

std::string specification(const ArgumentText& argument) {
  if (argument.is_rest) return "'*:::" + escaped(argument.name) + ":_normal'";
  if (!argument.name.starts_with('-'))
    return "':" + escaped(argument.name) + ':' + action_of(argument) + '\'';
  const std::string many = argument.name == "--set" ? "*" : "";
  if (argument.value.empty()) return "'" + argument.name + '[' + escaped(argument.help) + "]'";
  return "'" + many + argument.name + "=[" + escaped(argument.help) +
         "]:" + escaped(argument.value) + ':' + action_of(argument) + '\'';
}

std::string specifications(const std::vector<ArgumentText>& arguments, const std::string& indent) {
  std::string out;
  for (const ArgumentText& argument : arguments) out += " \\\n" + indent + specification(argument);
  return out;
}

std::string commands_of(const ProgramText& program) {
  std::string out = "    command)\n      local -a commands\n      commands=(\n";
  for (const CommandText& command : program.commands)
    out += "        '" + command.name + ':' + escaped(command.summary) + "'\n";
  return out + "      )\n      _describe command commands\n      ;;\n";
}

std::string arguments_of(const ProgramText& program) {
  const std::string indent(12, ' ');
  const std::vector<ArgumentText> help_only = {{"--help", "", "Print what it does"}};
  std::string out = "    arguments)\n      case $words[1] in\n";
  for (const CommandText& command : program.commands) {
    out += "        " + command.name + ")\n          _arguments";
    out += specifications(command.operands, indent) + specifications(command.options, indent);
    out += specifications(command.is_configured ? program.options : help_only, indent);
    out += "\n          ;;\n";
  }
  return out + "      esac\n      ;;\n";
}

}  // namespace

std::string zsh_completion(const ProgramText& program) {
  return std::string(kBegin) + "  _arguments -C" + specifications(program.options, "    ") +
         " \\\n    '1:command:->command' \\\n    '*::argument:->arguments'\n  case $state in\n" +
         commands_of(program) + arguments_of(program) + "  esac\n}\n" + std::string(kEnd);
}

}  // namespace postern::cli
