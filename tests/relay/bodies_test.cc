// What observers are given of the bodies that pass through an exchange.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "relay/body_tap.h"
#include "relay/exchange_fixture.h"
#include "relay/gzip.h"

namespace postern::relay {
namespace {

struct Bodies : Observer {
  void on_finished(const AccessRecord& record) override {
    ++told;
    seen.reset();
    if (record.bodies != nullptr) seen = *record.bodies;
  }
  int told = 0;
  std::optional<ReadableBodies> seen;
};

class BodiesTest : public ExchangeTest {
 protected:
  void begin_kept(size_t most) {
    exchange_.reset();
    make_relay();
    relay_->add_observer(bodies_);
    if (most > 0) relay_->keep_bodies(most);
    exchange_ = relay_->handle(head_, caller_, client_);
  }
  void send(std::string_view bytes, size_t piece) {
    for (size_t at = 0; at < bytes.size(); at += piece)
      exchange_->on_request_body(bytes.substr(at, piece));
    exchange_->on_request_end();
  }
  void stream(std::string_view bytes, size_t piece) {
    for (size_t at = 0; at < bytes.size(); at += piece)
      upstream_.last().on_body(bytes.substr(at, piece));
  }
  const ReadableBodies& seen() {
    exchange_.reset();
    EXPECT_EQ(bodies_.told, 1);
    EXPECT_TRUE(bodies_.seen);
    return *bodies_.seen;
  }

  Bodies bodies_;
};

TEST_F(BodiesTest, AreNotKeptUnlessThatIsWished) {
  send_body(5);
  begin_kept(0);
  send("hello", 5);
  answer(200, "world");
  upstream_.last().on_done();
  exchange_.reset();
  EXPECT_EQ(bodies_.told, 1);
  EXPECT_FALSE(bodies_.seen);
}

TEST_F(BodiesTest, AreGivenAsTheyPassBothWays) {
  for (const size_t piece : {1u, 3u, 100u}) {
    send_body(26);
    begin_kept(10);
    bodies_.told = 0;
    send("abcdefghijklmnopqrstuvwxyz", piece);
    answer(200, "");
    stream("0123456789", piece);
    upstream_.last().on_done();
    EXPECT_EQ(seen().request.text, "abcdefghij") << piece;
    EXPECT_TRUE(bodies_.seen->request.is_cut);
    EXPECT_EQ(bodies_.seen->response.text, "0123456789") << piece;
    EXPECT_FALSE(bodies_.seen->response.is_cut);
  }
}

TEST_F(BodiesTest, AreGivenOnceThoughTheyAreSentTwice) {
  send_body(5);
  begin_kept(100);
  send("hello", 2);
  answer(401, R"({"detail":"Invalid token"})");
  adopt("acme", "newer-token-of-acme", 1h, 2);
  upstream_.last().on_done();
  ASSERT_EQ(upstream_.calls.size(), 2u);
  EXPECT_EQ(upstream_.calls[1].body, "hello");
  answer(200, "secret-of-acme? newer-token-of-acme!");
  upstream_.last().on_done();
  EXPECT_EQ(seen().request.text, "hello");
  EXPECT_EQ(bodies_.seen->response.text, "secret-of-acme? ***!") << "the dead one is no secret";
}

TEST_F(BodiesTest, OfTwoThatBreakOffAreWhatThereWas) {
  send_body(500);
  begin_kept(100);
  exchange_->on_request_body("only so much");
  answer(200, "");
  stream("this far, secret-of-ac", 1);
  exchange_->on_gone("client_closed");
  EXPECT_EQ(seen().request.text, "only so much");
  EXPECT_EQ(bodies_.seen->response.text, "this far, ***");
}

TEST_F(BodiesTest, OnlyWhatSentryTookIsGiven) {
  send_body(10);
  begin_kept(100);
  upstream_.room = 4;
  EXPECT_EQ(exchange_->on_request_body("0123456789"), 4u);
  EXPECT_EQ(seen().request.text, "0123");
}

TEST_F(BodiesTest, OfPosternsOwnAnswersAreGivenToo) {
  set_target("/elsewhere/");
  begin_kept(1000);
  EXPECT_EQ(seen().response.text, client_.body);
  EXPECT_NE(client_.body.find("not_an_api_path"), std::string::npos);
}

TEST_F(BodiesTest, CompressedAnswersAreReadAndPassAsTheyCame) {
  answer_fields_ = {{"Content-Encoding", "gzip", http::FieldName::kContentEncoding}};
  begin_kept(100);
  const std::string packed = gzip("{\"token\":\"secret-of-acme\"}");
  answer(200, packed);
  upstream_.last().on_done();
  EXPECT_EQ(client_.body, packed);
  EXPECT_EQ(seen().response.text, "{\"token\":\"***\"}");
}

TEST_F(BodiesTest, ARefusedAnswerThatWasHeldBackIsGivenOnce) {
  begin_kept(100);
  answer(400, "{\"detail\":\"no\"}");
  upstream_.last().on_done();
  EXPECT_EQ(seen().response.text, "{\"detail\":\"no\"}");
}

}  // namespace
}  // namespace postern::relay
