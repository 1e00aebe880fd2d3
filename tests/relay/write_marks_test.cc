#include "relay/write_marks.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

using policy::Family;

TEST(WriteMarksTest, AWriteMovesTheMarksOfWhatItMayHaveChanged) {
  WriteMarks marks;
  marks.on_write("acme", Family::kWork);
  EXPECT_NE(marks.of("acme", Family::kWork), 0u);
  EXPECT_NE(marks.of("acme", Family::kOther), 0u);
  EXPECT_EQ(marks.of("acme", Family::kBoards), 0u);
  EXPECT_EQ(marks.of("globex", Family::kWork), 0u);
}

TEST(WriteMarksTest, AWriteAnywhereMovesThemAll) {
  WriteMarks marks;
  marks.on_write("acme", Family::kOther);
  const WriteMarks::Mark before = marks.of("acme", Family::kBoards);
  marks.on_write_anywhere();
  EXPECT_GT(marks.of("acme", Family::kBoards), before);
  EXPECT_NE(marks.of("globex", Family::kWork), 0u);
}

TEST(WriteMarksTest, EveryWriteMovesTheMarkOfWhatBelongsToNoKnownOrganization) {
  WriteMarks marks;
  marks.on_write("acme", Family::kWork);
  EXPECT_NE(marks.of("", Family::kWork), 0u);
  EXPECT_NE(marks.of("", Family::kBoards), 0u);
}

}  // namespace
}  // namespace postern::relay
