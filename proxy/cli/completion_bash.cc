#include <map>

#include "cli/completion.h"

namespace postern::cli {
namespace {

constexpr std::string_view kBegin = R"(# bash completion for postern. Load it with
#   source <(postern completion bash)
# or keep it as postern in the folder of your bash-completion.

_postern_set() {  # the words of $1 that begin with $2
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_postern_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_postern() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' config='' before='' words='' word i operands=0
  if [[ $cur == = ]]; then  # --grant=: the sign is a word of its own to bash
    cur=''
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == = ]]; then continue; fi
    if [[ $before == --config ]]; then config=$word; fi
)";

constexpr std::string_view kProgram = R"(    if [[ $word == -- ]]; then  # a program and its words
      if ((i + 1 < COMP_CWORD)); then
        _postern_files "$cur"
      elif [[ $command == run ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
      fi
      return
    fi
    before=$word
    if [[ $word == -* ]]; then
      :
    elif [[ -z $command ]]; then
      command=$word
    else
      operands=$((operands + 1))
    fi
  done
)";

constexpr std::string_view kEnd = R"(  if [[ $cur != -* ]]; then words=''; fi
  case $command:$operands in
)";

using Values = std::map<std::string, ArgumentText>;  // options that take one, by name

Values values_of(const ProgramText& program) {
  Values values;
  const auto add = [&values](const std::vector<ArgumentText>& options) {
    for (const ArgumentText& option : options)
      if (!option.value.empty()) values.emplace(option.name, option);
  };
  add(program.options);
  for (const CommandText& command : program.commands) add(command.options);
  return values;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string names_of(const std::vector<ArgumentText>& options) {
  std::string text;
  for (const ArgumentText& option : options) text += ' ' + option.name;
  return text;
}

// Skips what an option takes, so that it is no command and no operand.
std::string skip_values(const Values& values) {
  std::string names;
  for (const auto& [name, option] : values) names += (names.empty() ? "" : " | ") + name;
  return "    case $before in\n      " + names + ")\n        before=''\n        continue\n" +
         "        ;;\n    esac\n";
}

std::string complete_value(const ArgumentText& option) {
  switch (value_kind(option)) {
    case ValueKind::kChoice:
      return "_postern_set '" + joined(choices(option.value)) + "' \"$cur\"";
    case ValueKind::kFile:
      return "_postern_files \"$cur\"";
    case ValueKind::kGrant:
      return "_postern_set \"$(\"$1\" completion grants ${config:+--config \"$config\"} "
             "2>/dev/null)\" \"$cur\"";
    case ValueKind::kNone:
    case ValueKind::kText:
      break;
  }
  return ":";
}

std::string complete_values(const Values& values) {
  std::string out = "  case $prev in\n";
  for (const auto& [name, option] : values)
    out += "    " + name + ")\n      " + complete_value(option) + "\n      return\n      ;;\n";
  return out + "  esac\n";
}

std::string options_of(const ProgramText& program) {
  std::string commands;
  for (const CommandText& command : program.commands) commands += ' ' + command.name;
  std::string out = "  case $command in\n";
  for (const CommandText& command : program.commands) {
    const std::string common = command.is_configured ? names_of(program.options) : " --help";
    out += "    " + command.name + ") words='" + (names_of(command.options) + common).substr(1) +
           "' ;;\n";
  }
  return out + "    *) words='" + names_of(program.options).substr(1) + "' ;;\n  esac\n" +
         std::string(kEnd) + "    :0) words+='" + commands + "' ;;\n";
}

std::string operands_of(const ProgramText& program) {
  std::string out;
  for (const CommandText& command : program.commands) {
    for (size_t i = 0; i < command.operands.size(); ++i) {
      const std::vector<std::string> words = choices(command.operands[i].value);
      if (words.empty()) continue;
      out += "    " + command.name + ':' + std::to_string(i) + ") words+=' " + joined(words) +
             "' ;;\n";
    }
  }
  return out + "  esac\n";
}

}  // namespace

std::string bash_completion(const ProgramText& program) {
  const Values values = values_of(program);
  return std::string(kBegin) + skip_values(values) + std::string(kProgram) +
         complete_values(values) + options_of(program) + operands_of(program) +
         "  _postern_set \"$words\" \"$cur\"\n}\n\ncomplete -F _postern postern\n";
}

}  // namespace postern::cli
