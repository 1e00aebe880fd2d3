#include "base/utf8.h"

#include <gtest/gtest.h>

namespace postern::utf8 {
namespace {

TEST(Utf8, KnowsCharactersFromOtherBytes) {
  EXPECT_EQ(length_of("\xc3\xa9x"), 2u);
  EXPECT_EQ(length_of("\xe2\x82\xac"), 3u);
  EXPECT_EQ(length_of("\xf0\x9f\x90\xbb"), 4u);
  for (const char* none : {"", "\xa9", "\xc3", "\xc0\x80", "\xe2\x82", "\xed\xa0\x80", "\xff"})
    EXPECT_EQ(length_of(none), 0u) << none;
}

TEST(Utf8, TextHasWholeCharactersAndNoControls) {
  EXPECT_TRUE(is_text(""));
  EXPECT_TRUE(is_text("{\"name\":\t\"Z\xc3\xbcrich \xf0\x9f\x90\xbb\"}\r\n"));
  EXPECT_FALSE(is_text(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_text("\x1b[31m"));
  EXPECT_FALSE(is_text("\x1f\x8b\x08"));
  EXPECT_FALSE(is_text("latin \xe9 text"));
}

TEST(Utf8, DropsWhatACutHasLeftOfACharacter) {
  const std::string_view bear = "ab\xf0\x9f\x90\xbb";
  for (size_t kept = 2; kept < bear.size(); ++kept)
    EXPECT_EQ(without_cut_end(bear.substr(0, kept)), "ab") << kept;
  EXPECT_EQ(without_cut_end(bear), bear);
  EXPECT_EQ(without_cut_end(""), "");
  EXPECT_EQ(without_cut_end("\xc3"), "");
  EXPECT_EQ(without_cut_end("\x90\x90\x90\x90\x90"), "\x90\x90\x90\x90\x90") << "never was text";
}

}  // namespace
}  // namespace postern::utf8
