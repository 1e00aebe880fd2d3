// `postern completion bash|zsh|fish`: scripts that complete commands, options and their values.
// `postern completion grants`, which the scripts ask, prints the names of the configured grants.
#pragma once

#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/command_text.h"
#include "cli/context.h"

namespace postern::cli {

std::string bash_completion(const ProgramText& program);
std::string zsh_completion(const ProgramText& program);
std::string fish_completion(const ProgramText& program);

// May `completion` be told this? The scripts ask for `grants`, and people are not offered it.
bool is_shell(std::string_view word);

int completion(const Arguments& arguments, Context& context);

// How a value is completed.
enum class ValueKind : uint8_t { kNone, kText, kChoice, kFile, kGrant };
ValueKind value_kind(const ArgumentText& argument);

}  // namespace postern::cli
