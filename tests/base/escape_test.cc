#include "base/escape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/first_control.h"

namespace postern::log {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

TEST(Escape, LeavesPlainTextAlone) {
  EXPECT_EQ(escaped("GET /api/0/?q=a%20b {x} ~"), "GET /api/0/?q=a%20b {x} ~");
  EXPECT_EQ(escaped("Gr\xC3\xBC\xC3\x9F"
                    "e \xE2\x82\xAC \xF0\x9F\x90\x9B"),
            "Gr\xC3\xBC\xC3\x9F"
            "e \xE2\x82\xAC \xF0\x9F\x90\x9B");
}

TEST(Escape, AppendsAndQuotes) {
  std::string out = "x=";
  append_quoted(out, "a\"b\\c");
  EXPECT_EQ(out, R"(x="a\"b\\c")");
}

TEST(Escape, ControlCharactersBecomeNumbers) {
  EXPECT_EQ(escaped("a\r\nb"), R"(a\u000d\u000ab)");
  EXPECT_EQ(escaped(std::string_view("\0\t\x1b[31m\x7f", 8)), R"(\u0000\u0009\u001b[31m\u007f)");
  EXPECT_EQ(escaped("\xC2\x9B"), R"(\u009b)");  // the one-character form of ESC [
  EXPECT_EQ(escaped("\xC2\xA0"), "\xC2\xA0");
}

TEST(Escape, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(escaped("\x80"), R"(\ufffd)");
  EXPECT_EQ(escaped("a\xFFz"), R"(a\ufffdz)");
  EXPECT_EQ(escaped("\xC3"), R"(\ufffd)");                      // cut off
  EXPECT_EQ(escaped("\xC0\xAF"), R"(\ufffd\ufffd)");            // overlong '/'
  EXPECT_EQ(escaped("\xE0\x80\x8A"), R"(\ufffd\ufffd\ufffd)");  // overlong line feed
  EXPECT_EQ(escaped("\xED\xA0\x80"), R"(\ufffd\ufffd\ufffd)");  // surrogate
  EXPECT_EQ(escaped("\xF0\x80\x80\x8A"), R"(\ufffd\ufffd\ufffd\ufffd)");
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), R"(\ufffd\ufffd\ufffd\ufffd)");  // beyond U+10FFFF
  EXPECT_EQ(escaped("\xE2\x82\n"), R"(\ufffd\ufffd\u000a)");  // a line feed cannot hide in one
}

TEST(Escape, AnyTwoBytesGiveAPrintableJsonString) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      std::string out;
      append_quoted(out, bytes);
      ASSERT_EQ(test::first_control(out), std::string::npos) << first << ' ' << second;
      ASSERT_TRUE(nlohmann::json::accept(out)) << first << ' ' << second;
      const bool ascii = first < 0x80 && second < 0x80;
      if (ascii) {
        ASSERT_EQ(nlohmann::json::parse(out), bytes);
      }
    }
  }
}

TEST(Escape, EachByteIsTreatedAlikeAtEachPlace) {
  for (int byte = 1; byte < 256; ++byte) {
    std::string alone;
    append_escaped(alone, std::string(1, static_cast<char>(byte)));
    for (size_t place = 0; place < 10; ++place) {
      std::string text = "aaaaaaaaaa";
      text[place] = static_cast<char>(byte);
      std::string out;
      append_escaped(out, text);
      EXPECT_EQ(out, std::string(place, 'a') + alone + std::string(9 - place, 'a')) << byte;
    }
  }
}

TEST(IsWord, IsVisibleAsciiThatNeedsNoQuotes) {
  EXPECT_TRUE(is_word("GET"));
  EXPECT_TRUE(is_word("/api/0/?a"));
  for (const char* text : {"", "a b", "a=b", "\"a\"", "a\\b", "a\tb", "a\n", "\x7f", "\xC3\xBC"})
    EXPECT_FALSE(is_word(text)) << text;
}

}  // namespace
}  // namespace postern::log
