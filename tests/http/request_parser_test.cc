#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::http {
namespace {

struct Parsed {
  std::string bytes;
  RequestParser parser{HeadLimits{}};
  RequestHead head;
  ParseState state = ParseState::kNeedMore;

  explicit Parsed(std::string text, const HeadLimits& limits = {})
      : bytes(std::move(text)), parser(limits), state(parser.parse(bytes, head)) {}
  int status() const { return state == ParseState::kError ? parser.error().status : 0; }
};

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}
std::string with(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestParser, FillsTheHead) {
  const Parsed parsed(
      "POST /api/0/x/?a=b&c HTTP/1.1\r\nHost: localhost:7979\r\n"
      "Content-Length: 5\r\nX-A:  v \r\n\r\nhello");
  ASSERT_EQ(parsed.state, ParseState::kDone);
  EXPECT_EQ(parsed.head.method, Method::kPost);
  EXPECT_EQ(parsed.head.method_text, "POST");
  EXPECT_EQ(parsed.head.target, "/api/0/x/?a=b&c");
  EXPECT_EQ(parsed.head.path, "/api/0/x/");
  EXPECT_EQ(parsed.head.query, "a=b&c");
  EXPECT_EQ(parsed.head.authority, "localhost:7979");
  EXPECT_EQ(parsed.head.minor_version, 1);
  ASSERT_EQ(parsed.head.fields.size(), 3U);
  EXPECT_EQ(parsed.head.fields[2].name, "X-A");
  EXPECT_EQ(parsed.head.fields[2].value, "v");
  EXPECT_EQ(parsed.head.framing.kind, Framing::Kind::kLength);
  EXPECT_EQ(parsed.head.framing.length, 5U);
  EXPECT_TRUE(parsed.head.keep_alive);
  EXPECT_EQ(parsed.bytes.substr(parsed.parser.consumed()), "hello");
}

TEST(RequestParser, ViewsPointIntoTheLastInputAfterItMoved) {
  const std::string bytes = "GET http://localhost/a HTTP/1.1\r\nHost: localhost\r\nX-A: v\r\n\r\n";
  RequestParser parser{HeadLimits{}};
  RequestHead head;
  for (size_t size = 1; size < bytes.size(); ++size) {
    const std::string copy = bytes.substr(0, size);
    ASSERT_EQ(parser.parse(copy, head), ParseState::kNeedMore) << size;
  }
  ASSERT_EQ(parser.parse(bytes, head), ParseState::kDone);
  ASSERT_EQ(head.fields.size(), 2U);
  for (const std::string_view view : {head.target, head.authority, head.fields[1].value}) {
    EXPECT_GE(view.data(), bytes.data());
    EXPECT_LE(view.data() + view.size(), bytes.data() + bytes.size());
  }
  EXPECT_EQ(head.fields[1].value, "v");
}

TEST(RequestParser, KeepAliveFollowsVersionAndConnection) {
  const auto keep_alive = [](const char* version, const char* connection) {
    return Parsed("GET / HTTP/" + std::string(version) + "\r\nHost: h\r\n" + connection + "\r\n")
        .head.keep_alive;
  };
  EXPECT_TRUE(keep_alive("1.1", ""));
  EXPECT_FALSE(keep_alive("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keep_alive("1.1", "Connection: keep-alive\r\nConnection: Close\r\n"));
  EXPECT_FALSE(keep_alive("1.0", ""));
  EXPECT_TRUE(keep_alive("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestParser, ExpectContinueCountsOnlyWithABodyInHttp11) {
  EXPECT_TRUE(Parsed(with("Expect: 100-Continue\r\nContent-Length: 1\r\n")).head.expect_continue);
  EXPECT_FALSE(Parsed(with("Expect: 100-continue\r\n")).head.expect_continue);
  EXPECT_FALSE(Parsed("GET / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n"
                      "Content-Length: 1\r\n\r\n")
                   .head.expect_continue);
  EXPECT_EQ(Parsed(with("Expect: tea\r\n")).status(), 417);
}

TEST(RequestParser, AbsoluteFormGivesPathAndAuthority) {
  const Parsed parsed(get("HTTP://LOCALHOST/api/0/?q"));
  ASSERT_EQ(parsed.state, ParseState::kDone);
  EXPECT_EQ(parsed.head.target, "/api/0/?q");
  EXPECT_EQ(parsed.head.path, "/api/0/");
  EXPECT_EQ(parsed.head.query, "q");
  EXPECT_EQ(parsed.head.authority, "localhost");
  EXPECT_EQ(Parsed(get("https://localhost")).head.target, "/");
}

TEST(RequestParser, OnlyHttp10MayLackAHostAndOnlyWhereThatIsAllowed) {
  HeadLimits limits;
  RequestHead head;
  const auto state = [&](std::string_view bytes) {
    RequestParser parser(limits);
    return parser.parse(bytes, head);
  };
  EXPECT_EQ(state("GET / HTTP/1.0\r\n\r\n"), ParseState::kError);
  limits.host_optional_in_10 = true;
  EXPECT_EQ(state("GET / HTTP/1.0\r\n\r\n"), ParseState::kDone);
  EXPECT_EQ(head.authority, "");
  EXPECT_EQ(state("GET / HTTP/1.1\r\n\r\n"), ParseState::kError);
}

TEST(RequestParser, OtherTargetsAre400) {
  for (const char* target : {"*",
                             "localhost:80",
                             "http:localhost",
                             "http:///x",
                             "http://other/",
                             "http://localhost?q",
                             "http://u@localhost/",
                             "ftp://localhost/",
                             "x",
                             "@evil/",
                             ":80/",
                             "/a#b",
                             "/a\"b",
                             "/a<b",
                             "/a\\b",
                             "/a|b",
                             "/a[b",
                             "/%",
                             "/%2",
                             "/%zz",
                             "/?%2",
                             "/?<",
                             "/?\"",
                             "/?\\"})
    EXPECT_EQ(Parsed(get(target)).status(), 400) << target;
}

TEST(RequestParser, WhatClientsLeaveRawInQueriesPasses) {
  EXPECT_EQ(Parsed(get("/?field[]=a&q={x|y}^`&r=a/b?c:d@e!$'()*+,;=%7E~")).state,
            ParseState::kDone);
}

TEST(RequestParser, HostIsAHostAndAPort) {
  for (const char* host : {"localhost", "LocalHost:7979", "127.0.0.1:1", "[::1]", "[::1]:80",
                           "my_service.name-space.svc", "localhost."})
    EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").state,
              ParseState::kDone)
        << host;
  for (const char* host :
       {"", ":80", "localhost:", "localhost:x", "localhost:65536", "localhost:000080", "a:1:2",
        "u@h", "h/p", "a b", "a,b", "[]", "[::1", "::1", "[::1]x", "[::1%25lo]", "[x]", "h?q"})
    EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").status(), 400)
        << host;
}

TEST(RequestParser, EachKindOfRefusalHasItsStatus) {
  EXPECT_EQ(Parsed("CONNECT h:443 HTTP/1.1\r\n").status(), 405);
  EXPECT_EQ(Parsed("TRACE / HTTP/1.1\r\n").status(), 405);
  EXPECT_EQ(Parsed("BREW / HTTP/1.1\r\n").status(), 501);
  EXPECT_EQ(Parsed("GET / HTTP/2.0\r\n").status(), 505);
  EXPECT_EQ(Parsed("GET / HTTP/1.2\r\n").status(), 505);
  EXPECT_EQ(Parsed("GET / HTTP/1.10\r\n").status(), 400);
  EXPECT_EQ(Parsed("PRI * HTTP/2.0\r\n").status(), 505);
  EXPECT_EQ(Parsed("GET /\r\n").status(), 400);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\n\r\n").status(), 400);
  EXPECT_EQ(Parsed(with("Transfer-Encoding: gzip\r\n")).status(), 501);
  EXPECT_EQ(Parsed(with("Content-Length: 9999999999999999999\r\n")).status(), 413);
}

TEST(RequestParser, RefusesEarly) {
  EXPECT_EQ(Parsed(std::string(1, '\0')).status(), 400);
  EXPECT_EQ(Parsed("\x16\x03\x01").status(), 400);
  EXPECT_EQ(Parsed("EHLO there\r\n").status(), 400);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nX-A : v\r\n").status(), 400);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n").status(), 400);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nX-A: v").status(), 0);
}

TEST(RequestParser, LimitsAreExact) {
  HeadLimits limits;
  limits.max_line = 16;  // "GET /aa HTTP/1.1"
  EXPECT_EQ(Parsed("GET /aa HTTP/1.1\r\nHost: h\r\n\r\n", limits).state, ParseState::kDone);
  EXPECT_EQ(Parsed("GET /aaa HTTP/1.1\r\n", limits).status(), 414);
  EXPECT_EQ(Parsed("GET /aaaaaaaaaaaaa", limits).status(), 414);
  limits = {};
  limits.max_fields = 2;
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n", limits).state, ParseState::kDone);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nC: d\r\n", limits).status(), 431);
  limits = {};
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  limits.max_head = head.size();
  EXPECT_EQ(Parsed(head, limits).state, ParseState::kDone);
  limits.max_head = head.size() - 1;
  EXPECT_EQ(Parsed(head, limits).status(), 431);
}

TEST(RequestParser, SkipsOneEmptyLineAndTellsWhetherARequestHasBegun) {
  EXPECT_EQ(Parsed("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").state, ParseState::kDone);
  EXPECT_EQ(Parsed("\r\n\r\n").status(), 400);
  const RequestParser parser{HeadLimits{}};
  for (const char* text : {"", "\r", "\r\n"}) EXPECT_FALSE(parser.started(text)) << text;
  EXPECT_TRUE(parser.started("G"));
  EXPECT_TRUE(parser.started("\r\nG"));
}

TEST(RequestParser, IsAsGoodAsNewAfterReset) {
  RequestParser parser{HeadLimits{}};
  RequestHead head;
  EXPECT_EQ(parser.parse("\r\nGET / HTTP/1.1\r\nA : b\r\n", head), ParseState::kError);
  parser.reset();
  EXPECT_EQ(parser.parse("\r\nGET / HTTP/1.0\r\nHost: h\r\n\r\n", head), ParseState::kDone);
  EXPECT_EQ(head.fields.size(), 1U);
  EXPECT_EQ(head.framing.kind, Framing::Kind::kNone);
}

}  // namespace
}  // namespace postern::http
