#include "cli/line_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

std::vector<std::string> all_of(LineReader& reader) {
  std::vector<std::string> lines;
  for (;;) {
    auto line = reader.next();
    if (!line || !*line) return lines;
    lines.emplace_back(**line);
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  test::TemporaryFolder folder;
  auto reader = LineReader::open(folder.write("lines", text), 0);
  return reader ? all_of(*reader) : std::vector<std::string>{"cannot be opened"};
}

using Lines = std::vector<std::string>;

TEST(LineReader, GivesLinesWithoutTheirEnds) {
  EXPECT_EQ(lines_of(""), Lines());
  EXPECT_EQ(lines_of("a\n\nb\n"), (Lines{"a", "", "b"}));
  EXPECT_EQ(lines_of("a\nb"), (Lines{"a", "b"}));
}

TEST(LineReader, LinesMayCrossTheBlocksThatAreRead) {
  std::string text;
  Lines lines;
  for (int i = 0; i < 30; ++i) {
    lines.emplace_back(7001, static_cast<char>('a' + i % 26));
    text += lines.back() + '\n';
  }
  EXPECT_EQ(lines_of(text), lines);
}

TEST(LineReader, OfALongLineOnlyTheBeginningIsGiven) {
  const std::string begin(LineReader::kLongest, 'x');
  EXPECT_EQ(lines_of(begin + std::string(300000, 'y') + "\nnext\n"), (Lines{begin, "next"}));
  EXPECT_EQ(lines_of(begin + std::string(300000, 'y')), (Lines{begin}));
}

TEST(LineReader, ADashIsTheInput) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "a\nb", 3), 3);
  ::close(ends[1]);
  auto reader = LineReader::open("-", ends[0]);
  ASSERT_TRUE(reader);
  EXPECT_EQ(all_of(*reader), (Lines{"a", "b"}));
  ::close(ends[0]);
}

TEST(LineReader, SaysWhyAFileCannotBeRead) {
  test::TemporaryFolder folder;
  const auto missing = LineReader::open(folder.path() + "/missing", 0);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().what.find("missing: No such file"), std::string::npos);
  auto reader = LineReader::open(folder.path(), 0);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->next());
}

}  // namespace
}  // namespace postern::cli
