#include "config/node.h"

#include <gtest/gtest.h>

namespace postern::config {
namespace {

Origin in_file(int line, int column) {
  return {Origin::Source::kFile, "a.yaml", line, column};
}

TEST(Fault, SaysWhereThenWhatThenWhy) {
  EXPECT_EQ(format(Fault{in_file(3, 9), "log.level", "is odd"}), "a.yaml:3:9: log.level: is odd");
  EXPECT_EQ(format(Fault{{Origin::Source::kEnvironment, "POSTERN_X", 0, 0}, "x", "is odd"}),
            "environment POSTERN_X: x: is odd");
  EXPECT_EQ(format(Fault{{Origin::Source::kFlag, "--set", 0, 0}, "x", "is odd"}),
            "--set: x: is odd");
  EXPECT_EQ(format(Fault{{}, "x", "is odd"}), "x: is odd");
  EXPECT_EQ(format(Fault{{}, "", "is odd"}), "is odd");
}

TEST(Fault, ShowsNoControlCharacter) {
  EXPECT_EQ(format(Fault{in_file(1, 1), "", "'\x1b[31m\n\x7f\xc2\x9b' is odd"}),
            "a.yaml:1:1: '?[31m??"
            "?"
            "?' is odd");
  EXPECT_EQ(format(Fault{{}, "", "${\u2026} is ‘\u00e9’"}), "${\u2026} is ‘\u00e9’");
}

TEST(Faults, AreSortedByPlaceAndTheRestFollows) {
  Faults faults{
      {{}, "d", ""}, {in_file(2, 1), "c", ""}, {in_file(1, 9), "b", ""}, {in_file(1, 2), "a", ""}};
  sort_by_place(faults);
  std::string order;
  for (const Fault& fault : faults) order += fault.path;
  EXPECT_EQ(order, "abcd");
}

}  // namespace
}  // namespace postern::config
