#include "base/fixed_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace postern {
namespace {

TEST(FixedText, GrowsByTextsAndNumbers) {
  FixedText<64> text("uid ");
  text.append(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(text.text(), "uid 18446744073709551615");
  text = FixedText<64>();
  EXPECT_EQ(text.text(), "");
}

TEST(FixedText, CutsWhatDoesNotFit) {
  FixedText<5> text("abc");
  EXPECT_FALSE(text.is_full());
  text.append("defg");
  EXPECT_EQ(text.text(), "abcde");
  EXPECT_TRUE(text.is_full());
  text.append(uint64_t{7});
  EXPECT_EQ(text.size(), 5u);
}

}  // namespace
}  // namespace postern
