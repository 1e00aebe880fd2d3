#include "base/percent.h"

#include <gtest/gtest.h>

namespace postern::text {
namespace {

TEST(Percent, EncodesAllButTheUnreserved) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("a b/&=%\x7f\xff"), "a%20b%2F%26%3D%25%7F%FF");
}

TEST(Percent, ReadsOneByteInFront) {
  EXPECT_EQ(percent_byte("%2fx"), 0x2f);
  EXPECT_EQ(percent_byte("%Ff"), 0xff);
  for (std::string_view text : {"", "%", "%2", "2f%", "%2g", "%g2", "x2f"})
    EXPECT_EQ(percent_byte(text), -1) << text;
}

TEST(Hex, DigitsHaveValues) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  for (const char c : {'g', 'G', '/', ':', '@', '`', ' '}) EXPECT_EQ(hex_value(c), -1) << c;
}

}  // namespace
}  // namespace postern::text
