#include "base/printable.h"

#include <gtest/gtest.h>

namespace postern::text {
namespace {

TEST(Printable, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[2J\n\x7f"), "a?[2J??");
  EXPECT_EQ(printable("\xc3\xa4"), "??");
}

TEST(Printable, IsCutAndSaysSo) {
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
}

}  // namespace
}  // namespace postern::text
