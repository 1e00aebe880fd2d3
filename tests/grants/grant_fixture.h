// A grant with its first token, and a keeper and callers played by the test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "grants/caller.h"
#include "grants/grant.h"
#include "grants/stored_grant.h"

namespace postern::grants::test {

using namespace std::chrono_literals;

inline constexpr Instant kStart{1h};

inline std::shared_ptr<const Token> make(uint64_t generation, Instant from = kStart,
                                         Duration lifetime = 1h) {
  StoredGrant stored;
  stored.generation = generation;
  stored.access_token = Secret("access");
  return make_token(stored, lifetime, from);
}

struct FakeRefresher final : Refresher {
  explicit FakeRefresher(Grant& refreshed) : grant(refreshed) { grant.attach(*this); }
  bool refresh_now(std::string_view) override {
    if (grant.state() == GrantState::kRefreshing) {
      ++urged;
      return true;
    }
    ++asked;
    if (on_ask) on_ask();
    if (can) grant.begin_refresh();
    return can;
  }
  std::optional<Instant> next_try() const override { return next; }
  void on_streams_over() override { ++streams_over; }
  Grant& grant;
  bool can = true;
  int asked = 0;
  int urged = 0;  // while one was under way
  int streams_over = 0;
  std::optional<Instant> next;
  std::function<void()> on_ask;
};

struct GrantTest : ::testing::Test {
  Grant grant{GrantOptions{}};
  FakeRefresher refresher{grant};
  Instant now = kStart + 1min;

  GrantTest() { grant.adopt(make(1)); }

  Ruling refused(uint64_t generation, int replays = 0, int lag_retries = 0,
                 std::string_view route = "GET /x") {
    Refused request;
    request.generation = generation;
    request.sent_at = now - 1s;
    request.route = route;
    request.replays = replays;
    request.lag_retries = lag_retries;
    return grant.refused(request, now);
  }
  // Of a request that cannot be sent again, and long after the token was made.
  Verdict refused_for_good(uint64_t generation, std::string_view route = "POST /upload") {
    Refused request;
    request.generation = generation;
    request.sent_at = now - 1s;
    request.route = route;
    request.replayable = false;
    return grant.refused(request, now).verdict;
  }
  // The refresh that was asked for brings the next token, and time passes.
  void renew() {
    grant.adopt(make(grant.token()->generation + 1, now, 2h));
    now += 10s;
  }
};

}  // namespace postern::grants::test
