#include "http/response_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::http {
namespace {

struct Parsed {
  std::string bytes;
  ResponseParser parser{HeadLimits{}};
  ResponseHead head;
  ParseState state = ParseState::kNeedMore;

  explicit Parsed(std::string text, bool to_head = false, const HeadLimits& limits = {})
      : bytes(std::move(text)), parser(limits), state(parser.parse(bytes, to_head, head)) {}
};

Framing::Kind framing(const std::string& head, bool to_head = false) {
  const Parsed parsed(head, to_head);
  EXPECT_EQ(parsed.state, ParseState::kDone) << parsed.parser.error();
  return parsed.head.framing.kind;
}

TEST(ResponseParser, FillsTheHead) {
  const Parsed parsed("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-A: v\r\n\r\n{}");
  ASSERT_EQ(parsed.state, ParseState::kDone);
  EXPECT_EQ(parsed.head.status, 404);
  EXPECT_EQ(parsed.head.reason, "Not Found");
  EXPECT_EQ(parsed.head.minor_version, 1);
  EXPECT_EQ(parsed.head.fields.size(), 2U);
  EXPECT_EQ(parsed.head.framing.kind, Framing::Kind::kLength);
  EXPECT_EQ(parsed.head.framing.length, 2U);
  EXPECT_TRUE(parsed.head.keep_alive);
  EXPECT_EQ(parsed.bytes.substr(parsed.parser.consumed()), "{}");
}

TEST(ResponseParser, FramingFollowsStatusRequestAndFields) {
  using Kind = Framing::Kind;
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\n\r\n"), Kind::kUntilClose);
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Kind::kLength);
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Kind::kChunked);
  EXPECT_EQ(framing("HTTP/1.1 204 No Content\r\n\r\n"), Kind::kNone);
  EXPECT_EQ(framing("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), Kind::kNone);
  EXPECT_EQ(framing("HTTP/1.1 103 Early Hints\r\n\r\n"), Kind::kNone);
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true), Kind::kNone);
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\n\r\n", true), Kind::kNone);
}

TEST(ResponseParser, WhatTheFieldsDeclareIsKeptWhereNoBodyFollows) {
  const Parsed head("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true);
  EXPECT_EQ(head.head.declared.kind, Framing::Kind::kLength);
  EXPECT_EQ(head.head.declared.length, 5U);
  const Parsed not_modified("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  EXPECT_EQ(not_modified.head.declared.length, 7U);
}

TEST(ResponseParser, KeepAliveNeedsAVersionThatHasItAndABodyThatEnds) {
  const auto keep_alive = [](const std::string& head) { return Parsed(head).head.keep_alive; };
  EXPECT_TRUE(keep_alive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(keep_alive("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_FALSE(keep_alive("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_FALSE(keep_alive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keep_alive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: \"x\"\r\n\r\n"));
  EXPECT_FALSE(keep_alive("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(keep_alive("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(ResponseParser, OddStatusLinesAreRefused) {
  for (const char* line : {"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 X", "HTTP/1.1 600 X",
                           "HTTP/1.1  200", "HTTP/1.1 2x0 OK", "HTTP/1.1200 OK", "HTTP/1.2 200 OK",
                           "HTTP/2 200 OK", "HTTP/1.1", "http/1.1 200 OK", "ICY 200 OK",
                           " HTTP/1.1 200 OK", "", "HTTP/1.1 200\tOK", "HTTP/1.1 -20 OK"})
    EXPECT_EQ(Parsed(std::string(line) + "\r\n\r\n").state, ParseState::kError) << line;
}

TEST(ResponseParser, ThePhraseMayBeEmptyAndItsSpaceMissing) {
  EXPECT_EQ(Parsed("HTTP/1.1 200 \r\n\r\n").head.status, 200);
  EXPECT_EQ(Parsed("HTTP/1.1 200\r\n\r\n").head.status, 200);
  EXPECT_EQ(Parsed("HTTP/1.1 200 caf\xc3\xa9 \t!\r\n\r\n").head.reason, "caf\xc3\xa9 \t!");
}

TEST(ResponseParser, ContradictingFramingIsRefusedWhateverTheStatus) {
  for (const char* fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n"}) {
    for (const char* status : {"200", "204", "304", "100"}) {
      EXPECT_EQ(Parsed("HTTP/1.1 " + std::string(status) + " X\r\n" + fields + "\r\n").state,
                ParseState::kError)
          << fields;
    }
  }
  EXPECT_EQ(Parsed("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").state,
            ParseState::kError);
}

TEST(ResponseParser, LimitsHold) {
  HeadLimits limits;
  limits.max_head = 40;
  EXPECT_EQ(Parsed("HTTP/1.1 200 OK\r\nX-A: v\r\n\r\n", false, limits).state, ParseState::kDone);
  EXPECT_EQ(Parsed("HTTP/1.1 200 OK\r\nX-A: " + std::string(40, 'v'), false, limits).state,
            ParseState::kError);
  limits = {};
  limits.max_fields = 1;
  EXPECT_EQ(Parsed("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n", false, limits).state, ParseState::kError);
}

TEST(ResponseParser, IsAsGoodAsNewAfterReset) {
  ResponseParser parser{HeadLimits{}};
  ResponseHead head;
  EXPECT_EQ(parser.parse("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nA : b\r\n", false, head),
            ParseState::kError);
  EXPECT_FALSE(parser.error().empty());
  parser.reset();
  EXPECT_EQ(parser.parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, head),
            ParseState::kDone);
  EXPECT_EQ(head.fields.size(), 1U);
}

}  // namespace
}  // namespace postern::http
