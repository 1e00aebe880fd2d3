#include "cli/completion.h"

#include <algorithm>
#include <ostream>
#include <sstream>

#include "cli/configuration.h"

namespace postern::cli {

bool is_shell(std::string_view word) {
  return word == "bash" || word == "zsh" || word == "fish" || word == "grants";
}

ValueKind value_kind(const ArgumentText& argument) {
  if (argument.value.empty()) return ValueKind::kNone;
  if (!choices(argument.value).empty()) return ValueKind::kChoice;
  if (argument.value == "FILE") return ValueKind::kFile;
  return argument.name == "--grant" ? ValueKind::kGrant : ValueKind::kText;
}

namespace {

// A name that no shell takes for more than a word.
bool is_plain(const std::string& name) {
  return !name.empty() && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// Silent where something is wrong: whoever completes a word did not ask for that.
int grant_names(const Arguments& arguments, Context& context) {
  std::ostringstream nowhere;
  Context silent{nowhere, nowhere, context.environment};
  const auto configuration = load_configuration(arguments, silent);
  if (!configuration) return kFailed;
  for (const config::GrantSetup& setup : configuration->loaded.options.grants)
    if (is_plain(setup.grant.name)) context.out << setup.grant.name << '\n';
  return kDone;
}

}  // namespace

int completion(const Arguments& arguments, Context& context) {
  if (arguments.shell == "grants") return grant_names(arguments, context);
  const ProgramText program = program_text();
  if (arguments.shell == "bash") context.out << bash_completion(program);
  if (arguments.shell == "zsh") context.out << zsh_completion(program);
  if (arguments.shell == "fish") context.out << fish_completion(program);
  return kDone;
}

}  // namespace postern::cli
