#include "cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/command_text.h"

namespace postern::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void expect_one_screen(const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  EXPECT_LE(lines.size(), 24u) << text;
  for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_TRUE(lines.back().starts_with("Example: ")) << lines.back();
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || (c >= ' ' && c <= '~');
  })) << text;
}

TEST(Help, EachFitsAScreenAndEndsInAnExample) {
  const ProgramText program = program_text();
  expect_one_screen(help(program));
  for (const CommandText& command : program.commands) expect_one_screen(help(program, command));
}

TEST(Help, EveryCommandHasAnExampleOfItself) {
  for (const CommandText& command : program_text().commands)
    EXPECT_THAT(command.example, HasSubstr("postern " + command.name));
}

TEST(Help, NamesAllThatACommandTakes) {
  const ProgramText program = program_text();
  for (const CommandText& command : program.commands) {
    const std::string text = help(program, command);
    for (const ArgumentText& option : command.options)
      EXPECT_THAT(text, HasSubstr("  " + label_of(option)));
    for (const ArgumentText& operand : command.operands)
      EXPECT_THAT(text, HasSubstr("  " + operand.name));
    if (command.is_configured) {
      EXPECT_THAT(text, HasSubstr("--config FILE"));
    }
  }
}

TEST(Help, OfTheProgramNamesEveryCommand) {
  const ProgramText program = program_text();
  const std::string text = help(program);
  for (const CommandText& command : program.commands)
    EXPECT_THAT(text, HasSubstr("\n  " + command.name + " "));
  EXPECT_THAT(text, HasSubstr("Exit codes"));
}

TEST(Help, UsageShowsWhatHasToBeGiven) {
  CommandText command;
  command.name = "x";
  command.operands = {{"A", "", "", true, false}, {"B", "", "", false, false}};
  EXPECT_EQ(usage_line(command), "postern x A [B] [OPTION]...");
  command.operands = {{"CMD", "", "", true, true}};
  EXPECT_EQ(usage_line(command), "postern x [OPTION]... -- CMD...");
}

TEST(CommandText, ChoicesAreTheWordsBetweenBars) {
  EXPECT_THAT(choices("auto|always|never"), ElementsAre("auto", "always", "never"));
  EXPECT_THAT(choices("FILE"), IsEmpty());
  EXPECT_THAT(choices(""), IsEmpty());
}

TEST(CommandText, KnowsWhatOptionsTake) {
  const ProgramText program = program_text();
  const auto find = [&](const std::string& command, const std::string& option) {
    for (const CommandText& one : program.commands) {
      if (one.name != command) continue;
      for (const ArgumentText& text : one.options)
        if (text.name == option) return text.value;
    }
    return std::string("there is none");
  };
  EXPECT_EQ(find("login", "--grant"), "NAME");
  EXPECT_EQ(find("login", "--device"), "");
  EXPECT_EQ(find("wait", "--timeout"), "DURATION");
  EXPECT_EQ(find("healthcheck", "--live"), "");
}

}  // namespace
}  // namespace postern::cli
