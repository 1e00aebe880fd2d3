#include "cli/unexpected.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

TEST(Unexpected, NamesTheNearestWordThatThereIs) {
  const ProgramText program = program_text();
  EXPECT_EQ(explain_unexpected({"serv"}, program, ""),
            "there is no command serv; did you mean serve?");
  EXPECT_EQ(explain_unexpected({"--wach=1"}, program, "status"),
            "there is no option --wach; did you mean --watch?");
  EXPECT_EQ(explain_unexpected({"x", "--wach"}, program, "check"), "there is no option --wach");
}

TEST(Unexpected, AWordTooManyIsPerhapsAConfiguration) {
  EXPECT_EQ(explain_unexpected({"my.yaml"}, program_text(), "check"),
            "my.yaml is not expected; a configuration goes behind --config");
}

TEST(Unexpected, OptionsOfTheProgramThatIsRunGoBehindDashes) {
  EXPECT_EQ(explain_unexpected({"-sS"}, program_text(), "run"),
            "there is no option -sS; those of the program go behind --");
}

}  // namespace
}  // namespace postern::cli
