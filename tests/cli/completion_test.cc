#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/streams.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;

TEST(Completion, EveryScriptKnowsEveryCommandAndOption) {
  const ProgramText program = program_text();
  const std::string fish = fish_completion(program);
  for (const std::string& script : {bash_completion(program), zsh_completion(program)}) {
    for (const CommandText& command : program.commands) {
      EXPECT_THAT(script, HasSubstr(command.name));
      EXPECT_THAT(fish, HasSubstr("-a " + command.name + " "));
      for (const ArgumentText& option : command.options) {
        EXPECT_THAT(script, HasSubstr(option.name));
        EXPECT_THAT(fish, HasSubstr("-l " + option.name.substr(2)));
      }
    }
  }
}

TEST(Completion, AnOptionsValueSaysWhatIsLookedFor) {
  EXPECT_EQ(value_kind({"--json", "", ""}), ValueKind::kNone);
  EXPECT_EQ(value_kind({"--config", "FILE", ""}), ValueKind::kFile);
  EXPECT_EQ(value_kind({"--grant", "NAME", ""}), ValueKind::kGrant);
  EXPECT_EQ(value_kind({"--listener", "NAME", ""}), ValueKind::kText);
  EXPECT_EQ(value_kind({"--color", "auto|never", ""}), ValueKind::kChoice);
}

TEST(Completion, WhatOnlyTheScriptsAskForIsNotOffered) {
  EXPECT_THAT(bash_completion(program_text()),
              HasSubstr("completion:0) words+=' bash zsh fish' ;;"));
}

TEST(Completion, ASentenceEndsNoQuotation) {
  ProgramText program;
  CommandText command{"x", "It's [a]: b\\c", "postern x", {{"--y", "", "don't"}}, {}};
  program.commands.push_back(command);
  EXPECT_THAT(zsh_completion(program), HasSubstr(R"('x:It'\''s \[a\]\: b\\c')"));
  EXPECT_THAT(zsh_completion(program), HasSubstr(R"('--y[don'\''t]')"));
  EXPECT_THAT(fish_completion(program), HasSubstr(R"(-d 'It\'s [a]: b\\c')"));
}

class GrantNamesTest : public ::testing::Test {
 protected:
  int ask(std::string_view configuration) {
    arguments_.shell = "grants";
    arguments_.config = folder_.write("postern.yaml", configuration);
    return completion(arguments_, streams_.context);
  }
  test::TemporaryFolder folder_;
  Arguments arguments_;
  Streams streams_;
};

TEST_F(GrantNamesTest, AreThoseOfTheConfiguration) {
  EXPECT_EQ(ask("grants: [{organization: acme}, {name: eu, organization: acme-eu}]\n"), kDone);
  EXPECT_EQ(streams_.out.str(), "acme\neu\n");
}

TEST_F(GrantNamesTest, AFaultyConfigurationHasNoneAndNothingIsSaid) {
  EXPECT_EQ(ask("grunts: 1\n"), kFailed);
  EXPECT_EQ(streams_.out.str() + streams_.err.str(), "");
}

}  // namespace
}  // namespace postern::cli
