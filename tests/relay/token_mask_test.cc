#include "relay/token_mask.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace postern::relay {
namespace {

constexpr std::string_view kToken = "0123456789abcdef";

std::string masked(std::string text, std::vector<std::string_view> known = {kToken}) {
  mask_tokens(text, known);
  return text;
}

TEST(TokenMask, LeavesTheRestAlone) {
  for (const char* text : {"", "hello", R"({"id":"1","title":"Token","count":3})", "a=b&c=d",
                           R"({"tokens":3,"hasPassword":true,"secret":null})", "0123456789abcdeX"})
    EXPECT_EQ(masked(text), text);
}

TEST(TokenMask, MasksWhatIsKnownWhereverItStands) {
  EXPECT_EQ(masked("x0123456789abcdefy 0123456789abcdef"), "x***y ***");
  EXPECT_EQ(masked(R"(["0123456789abcdef"])"), R"(["***"])");
  EXPECT_EQ(masked("a one b", {"", "one"}), "a *** b");
}

TEST(TokenMask, MasksWhatACutHasLeftOfOne) {
  EXPECT_EQ(masked("echo: 0123456789abcde"), "echo: ***");
  EXPECT_EQ(masked("echo: 0123"), "echo: ***");
  EXPECT_EQ(masked("echo: 012"), "echo: 012") << "tells nothing";
  EXPECT_EQ(masked("0123"), "***");
}

TEST(TokenMask, MasksWhatFollowsBearer) {
  EXPECT_EQ(masked("Authorization: Bearer abc.d-e_f+/==\r\nX: 1"),
            "Authorization: Bearer ***\r\nX: 1");
  EXPECT_EQ(masked(R"({"a":"bEARER abc"})"), R"({"a":"bEARER ***"})");
  EXPECT_EQ(masked("Bearer%20abc&x"), "Bearer%20***&x");
}

TEST(TokenMask, MasksWhatLooksLikeOneOfSentrys) {
  EXPECT_EQ(masked(R"(["sntrys_eyJp/+=_abc","sntryu_12"])"), R"(["***","***"])");
  EXPECT_EQ(masked("the sntry is cut: sntrya"), "the sntry is cut: ***");
}

TEST(TokenMask, MasksMembersThatAreCalledSo) {
  EXPECT_EQ(masked(R"({"refreshToken" : "a\"b", "clientSecret":"","b":1})"),
            R"({"refreshToken" : "***", "clientSecret":"","b":1})");
  EXPECT_EQ(masked(R"({"body":"{\"token\": \"abc\",\"x\":\"y\"}"})"),
            R"({"body":"{\"token\": \"***\",\"x\":\"y\"}"})");
  EXPECT_EQ(masked(R"([["Authorization","Token abc"]])"), R"([["Authorization","***"]])");
  EXPECT_EQ(masked("grant=1&client_secret=abc&code=2"), "grant=1&client_secret=***&code=2");
  EXPECT_EQ(masked(R"({"password":"cut of)"), R"({"password":"***)");
  for (const char* cut : {R"({"token)", R"({"token")", R"({"token":)", R"({"token":")", "token="})
    EXPECT_EQ(masked(cut), cut);
}

// Text that a caller has made to be slow: the time must not grow with its square.
TEST(TokenMask, LooksAtEachByteAFewTimesOnly) {
  for (const char* piece : {"token=", "bearer%20", "sntrya_", "\"token\":\"", "\\\""}) {
    std::string text;
    while (text.size() < 512 * 1024) text += piece;
    mask_tokens(text, std::array<std::string_view, 1>{kToken});
    EXPECT_FALSE(text.empty());
  }
}

}  // namespace
}  // namespace postern::relay
