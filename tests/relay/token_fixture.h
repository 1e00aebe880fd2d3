// ExchangeTest with a keeper's part played by the test: it is asked for refreshes, and ends them
// when the test says so.
#pragma once

#include <algorithm>
#include <optional>

#include "grants/grant.h"
#include "relay/exchange_fixture.h"

namespace postern::relay {

// Starts each refresh that it is asked for, unless told otherwise.
class FakeRefresher final : public grants::Refresher {
 public:
  enum class Answer { kStarts, kRests, kRevokes };

  explicit FakeRefresher(grants::Grant& grant) : grant_(grant) { grant.attach(*this); }
  ~FakeRefresher() override { grant_.detach(); }

  Answer answer = Answer::kStarts;
  int asked = 0;
  int streams_over = 0;
  std::optional<Instant> next;  // try, by itself

 private:
  bool refresh_now(std::string_view) override {
    // One is under way, and only becomes urgent.
    if (grant_.state() == grants::GrantState::kRefreshing) return true;
    ++asked;
    if (answer == Answer::kStarts) grant_.begin_refresh();
    if (answer == Answer::kRevokes) grant_.revoke("Sentry no longer accepts the token");
    return answer == Answer::kStarts;
  }
  std::optional<Instant> next_try() const override { return next; }
  void on_streams_over() override { ++streams_over; }

  grants::Grant& grant_;
};

class TokenTest : public ExchangeTest {
 protected:
  static constexpr const char* kInvalid = R"({"detail":"Invalid token"})";

  void expect_unavailable() const {
    EXPECT_EQ(client_.status, 503);
    EXPECT_NE(client_.body.find("grant_unavailable"), std::string::npos);
  }

  TokenTest() { clock_.advance(1min); }  // well behind the first token's replication

  grants::Grant& grant() { return *registry_.find("acme"); }

  void method(http::Method method, std::string_view text) {
    head_.method = method;
    head_.method_text = text;
  }

  // Sentry's whole answer to the request sent last.
  void answer_whole(int status, std::string_view body) {
    answer(status, body);
    upstream_.last().on_done();
  }

  size_t sends() const { return upstream_.calls.size(); }
  const std::string& last_authorization() const { return upstream_.calls.back().authorization; }
  bool body_has(std::string_view text) const {
    return client_.body.find(text) != std::string::npos;
  }

  FakeRefresher refresher_{grant()};
};

}  // namespace postern::relay
