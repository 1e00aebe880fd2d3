#include "cli/help.h"

#include <algorithm>

namespace postern::cli {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kIndent = 2;

// Appends `text` broken between words; further lines begin in column `indent`. The last line of
// `out` may have begun.
void append_wrapped(std::string& out, std::string_view text, size_t indent) {
  size_t column = out.size() - (out.rfind('\n') + 1);
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column > indent && column + 1 + end > kWidth) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

// "  --grant NAME     Which grant"
void append_row(std::string& out, const std::string& label, const std::string& text,
                size_t column) {
  std::string line = std::string(kIndent, ' ') + label;
  line.resize(std::max(column, line.size() + 1), ' ');
  out += line;
  append_wrapped(out, text, column);
}

size_t column_behind(size_t longest) {
  return kIndent + longest + 2;
}

// "--config FILE, --set KEY=VALUE and --help"
std::string names_of(const std::vector<ArgumentText>& options) {
  std::string names;
  for (const ArgumentText& option : options) {
    const bool is_last = &option == &options.back();
    if (!names.empty()) names += is_last ? " and " : ", ";
    names += label_of(option);
  }
  return names;
}

std::string example_of(const std::string& example) {
  return "Example: " + example + '\n';
}

}  // namespace

std::string label_of(const ArgumentText& argument) {
  const bool is_option = argument.name.starts_with('-');
  return is_option && !argument.value.empty() ? argument.name + ' ' + argument.value
                                              : argument.name;
}

std::string usage_line(const CommandText& command) {
  std::string line = "postern " + command.name;
  std::string rest;
  for (const ArgumentText& operand : command.operands) {
    if (operand.is_rest) {
      rest = " -- " + operand.name + "...";
    } else {
      line += operand.is_required ? ' ' + operand.name : " [" + operand.name + ']';
    }
  }
  return line + " [OPTION]..." + rest;
}

std::vector<const char*> with_help_as_option(int argc, const char* const* argv) {
  std::vector<const char*> words(argv, argv + argc);
  if (argc < 2 || std::string_view(argv[1]) != "help") return words;
  words.erase(words.begin() + 1);
  words.push_back("--help");
  return words;
}

std::string help(const ProgramText& program) {
  std::string out = program.summary + "\nUsage: postern COMMAND [OPTION]...\n";
  size_t longest = 0;
  for (const CommandText& command : program.commands)
    longest = std::max(longest, command.name.size());
  for (const CommandText& command : program.commands)
    append_row(out, command.name, command.summary, column_behind(longest));
  append_wrapped(out, "Everywhere: " + names_of(program.options) + '.', 0);
  append_wrapped(out,
                 "The configuration is --config FILE, else $POSTERN_CONFIG, ./postern.yaml or "
                 "/etc/postern/postern.yaml. Exit codes: 0 done, 1 failed, 2 usage or "
                 "configuration.",
                 0);
  return out + example_of("postern serve --config my-postern.yaml");
}

std::string help(const ProgramText& program, const CommandText& command) {
  std::string out;
  append_wrapped(out, command.summary + '.', 0);
  append_wrapped(out, "Usage: " + usage_line(command), 0);
  out += '\n';
  std::vector<ArgumentText> rows = command.operands;
  rows.insert(rows.end(), command.options.begin(), command.options.end());
  size_t longest = 0;
  for (const ArgumentText& row : rows) longest = std::max(longest, label_of(row).size());
  for (const ArgumentText& row : rows)
    append_row(out, label_of(row), row.help, column_behind(longest));
  if (!rows.empty()) out += '\n';
  if (command.is_configured)
    append_wrapped(out, "As everywhere: " + names_of(program.options) + "; see postern --help.", 0);
  return out + example_of(command.example);
}

}  // namespace postern::cli
