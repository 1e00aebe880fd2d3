#include "admin/words.h"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Words, SpansHaveTheirTwoLargestUnits) {
  EXPECT_EQ(span_words(29 * 86400 + 3 * 3600 + 59), "29d 3h");
  EXPECT_EQ(span_words(86400), "1d");
  EXPECT_EQ(span_words(3700), "1h 1m");
  EXPECT_EQ(span_words(61), "1m 1s");
  EXPECT_EQ(span_words(-5), "0s");
}

TEST(Words, ShortSpansAreAsExactAsOneReadsThem) {
  EXPECT_EQ(short_words(microseconds(99)), "0 ms");
  EXPECT_EQ(short_words(microseconds(1290)), "1.2 ms");
  EXPECT_EQ(short_words(milliseconds(10)), "10 ms");
  EXPECT_EQ(short_words(milliseconds(999)), "999 ms");
  EXPECT_EQ(short_words(milliseconds(2450)), "2.4 s");
  EXPECT_EQ(short_words(seconds(61)), "1m 1s");
  EXPECT_EQ(short_words(-seconds(1)), "0 ms");
}

TEST(Words, CountsHaveTheirNoun) {
  EXPECT_EQ(count_words(1, "call"), "1 call");
  EXPECT_EQ(count_words(0, "call"), "0 calls");
}

TEST(Words, AMomentIsAClockOfUtc) {
  EXPECT_EQ(clock_words(WallTime(seconds(3661))), "01:01:01");
}

}  // namespace
}  // namespace postern::admin
