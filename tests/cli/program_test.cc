#include "cli/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/version.h"
#include "cli/streams.h"
#include "cli/version.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

int run_words(std::vector<const char*> words, Streams& streams) {
  words.insert(words.begin(), "postern");
  return run_program(static_cast<int>(words.size()), words.data(), streams.context);
}

TEST(Program, SaysItsVersion) {
  Streams streams;
  EXPECT_EQ(run_words({"version"}, streams), kDone);
  EXPECT_THAT(streams.out.str(), StartsWith(version_line(this_version()) + "\n\n"));
  Streams number;
  EXPECT_EQ(run_words({"version", "--short"}, number), kDone);
  EXPECT_EQ(number.out.str(), std::string(version()) + "\n");
  Streams document;
  EXPECT_EQ(run_words({"version", "--json"}, document), kDone);
  EXPECT_THAT(document.out.str(), StartsWith("{"));
}

TEST(Program, HelpGoesToStandardOutputAndWrongUsageToStandardError) {
  Streams help;
  EXPECT_EQ(run_words({"--help"}, help), kDone);
  EXPECT_THAT(help.out.str(), HasSubstr("Usage"));
  EXPECT_EQ(help.err.str(), "");
  Streams wrong;
  EXPECT_EQ(run_words({"nonsense"}, wrong), kUsage);
  EXPECT_EQ(wrong.out.str(), "");
  EXPECT_NE(wrong.err.str(), "");
}

TEST(Program, NoCommandGetsPastAFaultyConfiguration) {
  test::TemporaryFolder folder;
  std::string file = folder.write("postern.yaml", "lisen: 1\n");
  for (std::vector<const char*> words : std::vector<std::vector<const char*>>{
           {"serve"}, {"check"}, {"show"}, {"doctor"}, {"login", "--import", "-"}}) {
    words.insert(words.begin() + 1, {"--config", file.c_str()});
    Streams streams;
    EXPECT_EQ(run_words(words, streams), kUsage) << words[0];
    EXPECT_THAT(streams.err.str(), HasSubstr(file + ":1:1: lisen: unknown key"));
  }
}

}  // namespace
}  // namespace postern::cli
