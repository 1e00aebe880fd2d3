#include "cli/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ManPage, HasItsSections) {
  const std::string page = man_page(program_text(), "1.2.3");
  EXPECT_THAT(page, StartsWith(".TH POSTERN 1 "));
  EXPECT_THAT(page, HasSubstr("\"Postern 1.2.3\""));
  for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS",
                              "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"})
    EXPECT_THAT(page, HasSubstr("\n.SH " + std::string(section) + "\n"));
}

TEST(ManPage, ShowsEachCommandWithItsOptionsAndExample) {
  ProgramText program;
  program.commands.push_back({"x", "Do it", "postern x --y-z a", {{"--y-z", "A", "Why"}}, {}});
  const std::string page = man_page(program, "1");
  EXPECT_THAT(page, HasSubstr("\n.SS postern x [OPTION]...\nDo it.\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-y\\-z\\fR \\fIA\\fR\nWhy.\n"));
  EXPECT_THAT(page, HasSubstr("\npostern x \\-\\-y\\-z a\n"));
}

TEST(ManPage, NoTextIsARequestOfRoffs) {
  ProgramText program;
  program.commands.push_back({"x", ".so /etc/passwd", "'x\\n~", {}, {}});
  const std::string page = man_page(program, "1");
  EXPECT_THAT(page, Not(HasSubstr("\n.so")));
  EXPECT_THAT(page, HasSubstr("\n\\&.so /etc/passwd.\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&\\(aqx\\en\\(ti\n"));
}

}  // namespace
}  // namespace postern::cli
