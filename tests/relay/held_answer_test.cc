#include "relay/held_answer.h"

#include <gtest/gtest.h>

#include "relay/builders.h"
#include "relay/gzip.h"
#include "relay/inflate.h"

namespace postern::relay {
namespace {

constexpr std::string_view kInvalid = R"({"detail":"Invalid token"})";
constexpr std::string_view kSso = R"({"detail":{"code":"sso-required"}})";

http::ResponseHead answer(int status, Pairs fields = {}) {
  http::ResponseHead head = response(fields);
  head.status = status;
  head.reason = "Unauthorized";
  return head;
}

bool is_dead(const http::ResponseHead& head, std::string_view body) {
  HeldAnswer held(head);
  EXPECT_TRUE(held.add(body));
  return held.says_token_dead();
}

TEST(HeldAnswer, OnlyWhatMayBeAboutATokenOrALimitIsHeld) {
  for (const bool limited : {false, true}) {
    EXPECT_TRUE(HeldAnswer::is_wanted(answer(401), limited));
    EXPECT_TRUE(HeldAnswer::is_wanted(answer(400), limited));
    for (int status : {200, 301, 403, 404})
      EXPECT_FALSE(HeldAnswer::is_wanted(answer(status), limited)) << status;
    for (int status : {429, 500, 502, 503, 504})
      EXPECT_EQ(HeldAnswer::is_wanted(answer(status), limited), limited) << status;
  }
}

TEST(HeldAnswer, ABodyKnownToBeTooLongIsNotHeld) {
  http::ResponseHead head = answer(401);
  head.framing = http::Framing::of_length(HeldAnswer::kMaxBody);
  EXPECT_TRUE(HeldAnswer::is_wanted(head, true));
  head.framing = http::Framing::of_length(HeldAnswer::kMaxBody + 1);
  EXPECT_FALSE(HeldAnswer::is_wanted(head, true));
  head.framing = http::Framing::chunked();
  EXPECT_TRUE(HeldAnswer::is_wanted(head, true));
}

TEST(HeldAnswer, KeepsACopyOfTheHead) {
  std::string name = "X-Sentry-Thing";
  std::string value = "a value";
  std::string reason = "Unauthorized";
  http::ResponseHead head = answer(401);
  head.reason = reason;
  head.fields.push_back({name, value, http::FieldName::kOther});
  head.declared = http::Framing::of_length(3);
  const HeldAnswer held(head);
  name.assign(name.size(), '?');
  value.assign(value.size(), '?');
  reason.assign(reason.size(), '?');
  EXPECT_EQ(held.head().status, 401);
  EXPECT_EQ(held.head().reason, "Unauthorized");
  EXPECT_EQ(held.head().declared.length, 3u);
  EXPECT_EQ(lines_of(held.head().fields), std::vector<std::string>{"X-Sentry-Thing: a value"});
}

TEST(HeldAnswer, TakesSixteenKibibytesAndNotAByteMore) {
  HeldAnswer held(answer(401));
  EXPECT_TRUE(held.add(std::string(HeldAnswer::kMaxBody - 1, 'x')));
  EXPECT_TRUE(held.add("y"));
  EXPECT_FALSE(held.add("z"));
  EXPECT_EQ(held.body().size(), HeldAnswer::kMaxBody);
}

TEST(HeldAnswer, ReadsThroughGzip) {
  for (std::string_view coding : {"gzip", "GZIP", "x-gzip"}) {
    const http::ResponseHead head = answer(401, {{"Content-Encoding", coding}});
    EXPECT_TRUE(is_dead(head, gzip(kInvalid))) << coding;
    EXPECT_FALSE(is_dead(head, gzip(kSso))) << coding;
  }
  EXPECT_TRUE(is_dead(answer(400, {{"Content-Encoding", "gzip"}}), gzip(kInvalid)));
  EXPECT_FALSE(is_dead(answer(401, {{"Content-Encoding", "identity"}}), kSso));
}

TEST(HeldAnswer, ItsTextIsDecodedWhenItCanBe) {
  HeldAnswer plain(answer(429));
  EXPECT_TRUE(plain.add(kSso));
  EXPECT_EQ(plain.text(), kSso);
  HeldAnswer packed(answer(429, {{"Content-Encoding", "gzip"}}));
  EXPECT_TRUE(packed.add(gzip(kSso)));
  EXPECT_EQ(packed.text(), kSso);
  HeldAnswer foreign(answer(429, {{"Content-Encoding", "br"}}));
  EXPECT_TRUE(foreign.add(kSso));
  EXPECT_EQ(foreign.text(), std::nullopt);
}

TEST(HeldAnswer, WhatCannotBeReadCountsForA401Only) {
  const std::string cut = gzip(kSso).substr(0, 12);
  EXPECT_TRUE(is_dead(answer(401, {{"Content-Encoding", "br"}}), "whatever"));
  EXPECT_TRUE(is_dead(answer(401, {{"Content-Encoding", "gzip, gzip"}}), gzip(kSso)));
  EXPECT_TRUE(is_dead(answer(401, {{"Content-Encoding", "gzip"}}), cut));
  EXPECT_FALSE(is_dead(answer(400, {{"Content-Encoding", "br"}}), kInvalid));
  EXPECT_FALSE(is_dead(answer(400, {{"Content-Encoding", "gzip"}}), kInvalid));
}

TEST(Inflate, IsBounded) {
  const std::string bomb = gzip(std::string(1 << 20, 'x'));
  EXPECT_LT(bomb.size(), HeldAnswer::kMaxBody);
  EXPECT_FALSE(inflate_gzip(bomb, HeldAnswer::kMaxInflated));
  const std::string exact = gzip(std::string(1000, 'x'));
  EXPECT_EQ(inflate_gzip(exact, 1000), std::string(1000, 'x'));
  EXPECT_FALSE(inflate_gzip(exact, 999));
}

TEST(Inflate, EveryCutIsNoticed) {
  const std::string whole = gzip(kInvalid);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(inflate_gzip(std::string_view(whole).substr(0, size), 1000)) << size;
  EXPECT_EQ(inflate_gzip(whole, 1000), kInvalid);
}

}  // namespace
}  // namespace postern::relay
