// Sentry's answer is held until it is known whether it refuses the token: what counts as that, and
// how the other answers reach the caller.
#include "relay/gzip.h"
#include "relay/token_fixture.h"

namespace postern::relay {
namespace {

using RefusedToken = TokenTest;

TEST_F(RefusedToken, AHeadCannotBeReadAndCounts) {
  method(http::Method::kHead, "HEAD");
  begin();
  http::ResponseHead head;
  head.status = 401;
  head.declared = http::Framing::of_length(27);
  upstream_.last().on_sent(clock_.now());
  upstream_.last().on_head(head);
  upstream_.last().on_done();
  EXPECT_EQ(client_.status, 0);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  answer_whole(200, "");
  EXPECT_EQ(client_.status, 200);
}

TEST_F(RefusedToken, ReadsThroughGzip) {
  answer_fields_ = {{"Content-Encoding", "gzip", http::FieldName::kContentEncoding}};
  begin();
  answer_whole(401, gzip(kInvalid));
  EXPECT_EQ(refresher_.asked, 1);
  adopt("acme", "second", 1h, 2);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(RefusedToken, WhatIsPassedOnStaysCompressed) {
  answer_fields_ = {{"Content-Encoding", "gzip", http::FieldName::kContentEncoding}};
  const std::string sso = gzip(R"({"detail":{"code":"sso-required"}})");
  begin();
  answer_whole(401, sso);
  EXPECT_EQ(refresher_.asked, 0);
  EXPECT_EQ(client_.status, 401);
  EXPECT_EQ(client_.body, sso);
  EXPECT_EQ(client_.field("Content-Encoding"), "gzip");
}

TEST_F(RefusedToken, ABodyOfSeventeenKibibytesIsPassedOn) {
  const std::string page(17 * 1024, 'x');
  begin();
  answer_whole(401, page);
  EXPECT_EQ(client_.status, 401);
  EXPECT_EQ(client_.body, page);
  EXPECT_TRUE(client_.ended);
  EXPECT_EQ(refresher_.asked, 0);
}

TEST_F(RefusedToken, ABodyThatTurnsOutTooLongIsPassedOnWhole) {
  begin();
  http::ResponseHead head;
  head.status = 401;
  head.framing = head.declared = http::Framing::chunked();
  upstream_.last().on_sent(clock_.now());
  upstream_.last().on_head(head);
  for (int i = 0; i < 17; ++i)
    upstream_.last().on_body(std::string(1024, static_cast<char>('a' + i)));
  upstream_.last().on_done();
  EXPECT_EQ(client_.status, 401);
  ASSERT_EQ(client_.body.size(), 17u * 1024);
  EXPECT_EQ(client_.body.front(), 'a');
  EXPECT_EQ(client_.body.back(), 'q');
  EXPECT_EQ(upstream_.calls[0].credited, 17u * 1024) << "each byte once";
  EXPECT_TRUE(client_.ended);
}

TEST_F(RefusedToken, A400ThatSaysSoCountsAndOthersPass) {
  begin();
  answer_whole(400, R"({"detail":"Invalid token"})");
  EXPECT_EQ(refresher_.asked, 1);
  adopt("acme", "second", 1h, 2);
  ASSERT_EQ(sends(), 2u);
  answer_whole(400, R"({"query":["Invalid query."]})");
  EXPECT_EQ(client_.status, 400);
  EXPECT_EQ(client_.body, R"({"query":["Invalid query."]})");
}

TEST_F(RefusedToken, AnAnswerThatBreaksOffWhileItIsHeldIsABrokenOne) {
  begin();
  answer(401, "{\"det");
  http::Failure failure;
  failure.kind = http::FailKind::kBroken;
  failure.sent = http::Sent::kHeadSeen;
  upstream_.last().on_fail(failure);
  EXPECT_EQ(client_.status, 502);
  EXPECT_FALSE(client_.was_cut);
}

}  // namespace
}  // namespace postern::relay
