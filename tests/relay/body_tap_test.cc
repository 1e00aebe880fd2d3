#include "relay/body_tap.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "relay/gzip.h"

namespace postern::relay {
namespace {

http::Fields coded(std::string_view coding) {
  return {{"Content-Encoding", coding, http::FieldName::kContentEncoding}};
}

ReadableBody read(std::string_view bytes, size_t most, const http::Fields& fields = {},
                  std::vector<std::string_view> tokens = {}) {
  BodyTap tap(most);
  tap.on_response_head(fields);
  tap.add_response(bytes);
  const ReadableBodies bodies = tap.readable({}, tokens);
  EXPECT_EQ(bodies.request.form, "");
  return bodies.response;
}

TEST(BodyTap, KeepsTheBeginningOfEach) {
  BodyTap tap(5);
  tap.add_request("abc");
  tap.add_request("");
  tap.add_request("defg");
  tap.add_request("h");
  tap.add_response("12345");
  const ReadableBodies bodies = tap.readable({}, {});
  EXPECT_EQ(bodies.request.text, "abcde");
  EXPECT_TRUE(bodies.request.is_cut);
  EXPECT_EQ(bodies.response.text, "12345");
  EXPECT_FALSE(bodies.response.is_cut) << "it is all there was";
}

TEST(BodyTap, ABodyThatNeverCameHasNoForm) {
  EXPECT_EQ(read("", 5).form, "");
  EXPECT_EQ(read("x", 5).form, "text");
}

TEST(BodyTap, CutsBetweenCharacters) {
  const ReadableBody body = read("ab\xe2\x82\xac", 4);
  EXPECT_EQ(body.text, "ab");
  EXPECT_EQ(body.form, "text");
  EXPECT_TRUE(body.is_cut);
}

TEST(BodyTap, WhatIsNoTextIsNamedAndNotShown) {
  const ReadableBody binary = read(std::string_view("\x89PNG\0", 5), 100);
  EXPECT_EQ(binary.text, "");
  EXPECT_EQ(binary.form, "binary");
  EXPECT_EQ(read("abc", 100, coded("br")).form, "br");
  EXPECT_EQ(read("abc", 100, coded("gzip")).form, "gzip") << "says so, and is not";
  EXPECT_EQ(read("abc", 100, coded("identity")).text, "abc");
  EXPECT_EQ(read(gzip(std::string_view("\0\1", 2)), 100, coded("gzip")).form, "gzip");
}

TEST(BodyTap, InflatesAsMuchAsThereIsAndAsIsKept) {
  const std::string text = "{\"hello\":\"world\"}";
  EXPECT_EQ(read(gzip(text), 100, coded("X-GZIP")).text, text);
  EXPECT_FALSE(read(gzip(text), 100, coded("gzip")).is_cut);
  const ReadableBody bomb = read(gzip(std::string(1000000, 'x')), 2000, coded("gzip"));
  EXPECT_EQ(bomb.text, std::string(2000, 'x'));
  EXPECT_TRUE(bomb.is_cut);
}

TEST(BodyTap, MasksTokensAlsoInsideOfGzip) {
  const std::vector<std::string_view> tokens{"my-token"};
  EXPECT_EQ(read("echo my-token.", 100, {}, tokens).text, "echo ***.");
  EXPECT_EQ(read(gzip("echo my-token."), 100, coded("gzip"), tokens).text, "echo ***.");
  EXPECT_EQ(read("echo my-token.", 12, {}, tokens).text, "echo ***") << "cut apart";
}

TEST(BodyTap, StaysWithinItsBoundWhenMasksAreLonger) {
  const ReadableBody body = read("bearer a, bearer b, bearer c", 28);
  EXPECT_LE(body.text.size(), 28u);
  EXPECT_TRUE(body.is_cut);
}

}  // namespace
}  // namespace postern::relay
