#include "redis/reply_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::redis {
namespace {

using testing::HasSubstr;
using Kind = Reply::Kind;

// One of each kind, with a nil of either spelling.
const std::string kAll =
    "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nb\n\r\n$-1\r\n*-1\r\n$0\r\n\r\n*0\r\n"
    "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+done\r\n";

std::vector<Reply> all_replies() {
  const Reply inner = Reply::array({Reply::of(Kind::kText, "x"), {}});
  return {Reply::of(Kind::kStatus, "OK"),
          Reply::of(Kind::kError, "ERR no"),
          Reply::of(-42),
          Reply::of(Kind::kText, "a\r\nb\n"),
          {},
          {},
          Reply::of(Kind::kText, ""),
          Reply::array({}),
          Reply::array({Reply::of(1), inner, Reply::of(Kind::kStatus, "done")})};
}

std::vector<Reply> drain(ReplyParser& parser) {
  std::vector<Reply> replies;
  while (true) {
    auto reply = parser.next();
    EXPECT_TRUE(reply) << reply.error().what;
    if (!reply || !*reply) return replies;
    replies.push_back(std::move(**reply));
  }
}

std::string refused(std::string_view bytes, const ReplyLimits& limits = {}) {
  ReplyParser parser(limits);
  parser.feed(bytes);
  auto reply = parser.next();
  EXPECT_FALSE(reply) << bytes.substr(0, 40);
  EXPECT_FALSE(parser.next()) << "an error is final";
  return reply ? "" : reply.error().what;
}

TEST(RedisReplyParser, ReadsEachKind) {
  ReplyParser parser;
  parser.feed(kAll);
  EXPECT_EQ(drain(parser), all_replies());
}

TEST(RedisReplyParser, ReadsThemInWhateverPieces) {
  for (const size_t piece : {1U, 2U, 3U, 7U, 20U}) {
    ReplyParser parser;
    std::vector<Reply> replies;
    for (size_t at = 0; at < kAll.size(); at += piece) {
      parser.feed(std::string_view(kAll).substr(at, piece));
      for (Reply& reply : drain(parser)) replies.push_back(std::move(reply));
    }
    EXPECT_EQ(replies, all_replies()) << piece;
  }
}

TEST(RedisReplyParser, ReadsALargeText) {
  const std::string text(3'000'000, 'x');
  ReplyParser parser;
  parser.feed("$3000000\r\n");
  for (size_t at = 0; at < text.size(); at += 100'000) {
    EXPECT_TRUE(drain(parser).empty());
    parser.feed(std::string_view(text).substr(at, 100'000));
  }
  parser.feed("\r\n");
  EXPECT_THAT(drain(parser), testing::ElementsAre(Reply::of(Kind::kText, text)));
}

TEST(RedisReplyParser, RefusesATextBeyondTheLimit) {
  EXPECT_THAT(refused("$100\r\n" + std::string(100, 'x') + "\r\n", {100, 10}),
              HasSubstr("larger than any"));
  EXPECT_THAT(refused("+" + std::string(200, 'x'), {100, 10}), HasSubstr("larger than any"));
}

TEST(RedisReplyParser, HoldsNoMoreThanTheLimitOfAnEndlessReply) {
  ReplyParser parser({1000, 10});
  size_t fed = 0;
  parser.feed("$999999999\r\n");
  while (parser.next() && fed < 5000) {
    parser.feed(std::string(100, 'x'));
    fed += 100;
  }
  EXPECT_LE(fed, 1100U);
}

TEST(RedisReplyParser, TheLimitIsForEachReplyAlone) {
  ReplyParser parser({20, 4});
  for (int i = 0; i < 100; ++i) parser.feed("*3\r\n:1\r\n:2\r\n:3\r\n");
  EXPECT_EQ(drain(parser).size(), 100U);
}

TEST(RedisReplyParser, RefusesTooManyElements) {
  EXPECT_THAT(refused("*3\r\n*1\r\n:1\r\n*1\r\n:1\r\n:1\r\n", {1000, 5}),
              HasSubstr("larger than any"));
}

TEST(RedisReplyParser, MakesNoRoomForAClaim) {
  ReplyParser parser;
  parser.feed("*2147483647\r\n:1\r\n");
  EXPECT_TRUE(drain(parser).empty());
}

TEST(RedisReplyParser, RefusesArraysTooDeep) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "*1\r\n";
  EXPECT_NE(refused(deep + ":1\r\n"), "");
}

TEST(RedisReplyParser, RefusesWhatIsNoReplyOfRedis) {
  for (const char* bytes :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "\x16\x03\x01", ":12x\r\n", ":\r\n", "$-2\r\n",
        "$x\r\n", "*-2\r\n", "*99999999999999999999\r\n", "$9223372036854775808\r\n",
        "%1\r\n+a\r\n+b\r\n", ",1.5\r\n", "#t\r\n", "_\r\n"})
    EXPECT_THAT(refused(bytes), HasSubstr("no reply of Redis")) << bytes;
}

TEST(RedisReplyParser, DropsAReplyHalfRead) {
  ReplyParser parser;
  parser.feed("*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$5\r\nab");
  EXPECT_TRUE(drain(parser).empty());
}

}  // namespace
}  // namespace postern::redis
