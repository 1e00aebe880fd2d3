#include "http/collector.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "support/fake_clock.h"
#include "support/fake_upstream.h"

namespace postern::http {
namespace {

using namespace std::chrono_literals;
using postern::test::FakeUpstream;

class CollectorTest : public ::testing::Test {
 protected:
  void begin(std::string_view body = "", size_t max_body = 100) {
    collector_ = std::make_unique<Collector>(clock_, max_body, [this](Collected collected) {
      EXPECT_FALSE(collected_) << "told twice";
      collected_ = std::move(collected);
    });
    OutgoingRequest request;
    request.target = "/x";
    request.fields = &fields_;
    request.framing = body.empty() ? Framing::none() : Framing::of_length(body.size());
    collector_->begin(upstream_, request, body);
  }
  void head(int status, Fields fields = {}) {
    ResponseHead head;
    head.status = status;
    head.fields = std::move(fields);
    upstream_.last().on_head(head);
  }
  const FakeUpstream::Opened& call() const { return upstream_.calls.back(); }

  postern::test::FakeClock clock_;
  FakeUpstream upstream_;
  Fields fields_;
  std::optional<Collected> collected_;
  std::unique_ptr<Collector> collector_;
};

TEST_F(CollectorTest, AWholeAnswerIsTheStatusTheTwoFieldsAndTheBody) {
  begin();
  EXPECT_FALSE(call().finished) << "there is no body to end";
  upstream_.last().on_sent(clock_.now());
  head(429, {{"Date", "today", FieldName::kDate}, {"Retry-After", "7", FieldName::kRetryAfter}});
  upstream_.last().on_body("one ");
  upstream_.last().on_body("two");
  EXPECT_FALSE(collected_);
  upstream_.last().on_done();
  ASSERT_TRUE(collected_);
  EXPECT_TRUE(collected_->is_whole);
  EXPECT_TRUE(collected_->sent);
  EXPECT_EQ(collected_->answer.status, 429);
  EXPECT_EQ(collected_->answer.date, "today");
  EXPECT_EQ(collected_->answer.retry_after, "7");
  EXPECT_EQ(collected_->answer.body.reveal(), "one two");
  EXPECT_EQ(call().credited, 7U);
  collector_.reset();
  EXPECT_FALSE(call().cancelled) << "it was over";
}

TEST_F(CollectorTest, ABodyIsSentAsThereIsRoom) {
  upstream_.room = 3;
  begin("abcdefg");
  EXPECT_EQ(call().body, "abc");
  EXPECT_FALSE(call().finished);
  upstream_.room = 100;
  upstream_.last().on_writable();
  EXPECT_EQ(call().body, "abcdefg");
  EXPECT_TRUE(call().finished);
  upstream_.last().on_writable();
  EXPECT_EQ(call().body, "abcdefg") << "sent once";
}

TEST_F(CollectorTest, TheMomentIsThatOfTheSending) {
  begin();
  const Instant made = clock_.now();
  clock_.advance(2s);
  const Instant sent = clock_.now();
  const WallTime wall = clock_.wall();
  upstream_.last().on_sent(sent);
  clock_.advance(3s);
  head(200);
  upstream_.last().on_done();
  ASSERT_TRUE(collected_);
  EXPECT_NE(made, sent);
  EXPECT_EQ(collected_->sent_at, sent);
  EXPECT_EQ(collected_->sent_wall, wall);
}

TEST_F(CollectorTest, WithoutASendingTheMomentIsThatOfTheMaking) {
  begin();
  const Instant made = clock_.now();
  clock_.advance(2s);
  upstream_.last().on_fail(FakeUpstream::closed(Sent::kNone, false));
  ASSERT_TRUE(collected_);
  EXPECT_FALSE(collected_->sent);
  EXPECT_EQ(collected_->sent_at, made);
}

TEST_F(CollectorTest, OfALongBodyOnlySoMuchIsKept) {
  begin("", 4);
  head(200);
  for (int i = 0; i < 50; ++i) upstream_.last().on_body("abc");
  upstream_.last().on_done();
  ASSERT_TRUE(collected_);
  EXPECT_EQ(collected_->answer.body.reveal(), "abca");
  EXPECT_EQ(call().credited, 150U) << "read all the same";
}

TEST_F(CollectorTest, AFailureLeavesTheStatusAndNoHalfBody) {
  begin();
  upstream_.last().on_sent(clock_.now());
  head(503);
  upstream_.last().on_body("half a tok");
  Failure failure = FakeUpstream::closed(Sent::kHeadSeen, false);
  failure.stage = "response";
  upstream_.last().on_fail(failure);
  ASSERT_TRUE(collected_);
  EXPECT_FALSE(collected_->is_whole);
  EXPECT_TRUE(collected_->sent);
  EXPECT_EQ(collected_->failure.stage, "response");
  EXPECT_EQ(collected_->failure.detail, "closed");
  EXPECT_EQ(collected_->answer.status, 503);
  EXPECT_TRUE(collected_->answer.body.empty());
}

TEST_F(CollectorTest, WhatIsGivenUpIsCancelledAndSaysHowFarItCame) {
  for (bool sent : {false, true}) {
    collected_.reset();
    begin();
    if (sent) upstream_.last().on_sent(clock_.now());
    collector_->give_up("too slow");
    ASSERT_TRUE(collected_);
    EXPECT_TRUE(call().cancelled);
    EXPECT_FALSE(collected_->is_whole);
    EXPECT_EQ(collected_->sent, sent);
    EXPECT_EQ(collected_->failure.kind, FailKind::kTimeout);
    EXPECT_EQ(collected_->failure.stage, sent ? "response" : "request");
    EXPECT_EQ(collected_->failure.detail, "too slow");
    collector_->give_up("again");
  }
}

TEST_F(CollectorTest, DestroyingItCancelsAndTellsNobody) {
  begin();
  collector_.reset();
  EXPECT_TRUE(call().cancelled);
  EXPECT_FALSE(collected_);
}

}  // namespace
}  // namespace postern::http
