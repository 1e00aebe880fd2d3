#include "limits/levels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace postern::limits {
namespace {

TEST(Levels, SumsLinesUpToALength) {
  Levels levels;
  for (size_t length = 1; length <= 5; ++length) levels.grown(length);  // one line of five
  for (size_t length = 1; length <= 2; ++length) levels.grown(length);  // one line of two
  EXPECT_EQ(levels.sum(0), 0U);
  EXPECT_EQ(levels.sum(1), 2U);
  EXPECT_EQ(levels.sum(3), 5U);
  EXPECT_EQ(levels.sum(1000), 7U);
}

TEST(Levels, AgreesWithAPlainSum) {
  std::mt19937 random(1);
  std::vector<size_t> lines(50, 0);
  Levels levels;
  for (int step = 0; step < 20000; ++step) {
    size_t& line = lines[random() % lines.size()];
    if (random() % 3 != 0) {
      levels.grown(++line);
    } else if (line > 0) {
      levels.shrunk(line--);
    }
    if (step % 50 != 0) continue;
    const size_t length = random() % 300;
    size_t plain = 0;
    for (const size_t one : lines) plain += std::min(one, length);
    ASSERT_EQ(levels.sum(length), plain) << step;
  }
}

}  // namespace
}  // namespace postern::limits
