#include "grants/timestamp.h"

#include <gtest/gtest.h>

namespace postern::grants {
namespace {

using namespace std::chrono_literals;

TEST(Timestamp, IsWrittenInUtcWithMicroseconds) {
  WallTime time = WallTime(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)) + 23h + 5min +
                  9s + 54320us + 999ns;
  EXPECT_EQ(format_timestamp(time), "2024-02-29T23:05:09.054320Z");
  EXPECT_EQ(format_timestamp(WallTime{}), "1970-01-01T00:00:00.000000Z");
}

TEST(Timestamp, ComesBackAsItWasWritten) {
  WallTime time = WallTime(1700000000s) + 123456us;
  EXPECT_EQ(parse_timestamp(format_timestamp(time)), time);
}

TEST(Timestamp, OffsetsAndFractionsAreUnderstood) {
  WallTime noon(1704110400s);  // 2024-01-01T12:00:00Z
  EXPECT_EQ(parse_timestamp("2024-01-01T12:00:00Z"), noon);
  EXPECT_EQ(parse_timestamp("2024-01-01t12:00:00z"), noon);
  EXPECT_EQ(parse_timestamp("2024-01-01 12:00:00+00:00"), noon);
  EXPECT_EQ(parse_timestamp("2024-01-01T14:00:00+02:00"), noon);
  EXPECT_EQ(parse_timestamp("2024-01-01T06:30:00-05:30"), noon);
  EXPECT_EQ(parse_timestamp("2024-01-01T12:00:00.5Z"), noon + 500ms);
  EXPECT_EQ(parse_timestamp("2024-01-01T12:00:00.1234567899Z"), noon + 123456us);
}

TEST(Timestamp, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "2024", "2024-01-01", "2024-01-01T12:00:00", "2024-01-01T12:00Z",
        "2024-13-01T12:00:00Z", "2023-02-29T12:00:00Z", "2024-00-01T12:00:00Z",
        "2024-01-01T24:00:00Z", "2024-01-01T12:60:00Z", "2024-01-01T12:00:61Z",
        "2024-01-01T12:00:00.Z", "2024-01-01T12:00:00Zx", "2024-01-01T12:00:00+2:00",
        "+024-01-01T12:00:00Z", "1969-12-31T23:59:59Z", "2024-1-01T12:00:00Z", "1704110400"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Timestamp, YearsPastTheClocksEndStayInTheFuture) {
  auto far = parse_timestamp("9999-12-31T23:59:59Z");
  ASSERT_TRUE(far);
  EXPECT_GT(*far, WallTime(4102444800s));  // the year 2100
}

}  // namespace
}  // namespace postern::grants
