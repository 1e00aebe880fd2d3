// A token source whose calls the test answers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "grants/upstream_source.h"
#include "support/fake_clock.h"
#include "support/fake_timers.h"
#include "support/fake_upstream.h"

namespace postern::grants::test {

using namespace std::chrono_literals;
using postern::test::FakeClock;
using postern::test::FakeTimers;
using postern::test::FakeUpstream;

inline GrantOptions oauth() {
  GrantOptions grant;
  grant.name = "acme";
  grant.sentry_url = "https://sentry.test";
  grant.client = {"client-1", Secret("sesame"), ClientAuth::kForm};
  return grant;
}

inline StoredGrant pair() {
  StoredGrant stored;
  stored.generation = 1;
  stored.access_token = Secret("old-access");
  stored.refresh_token = Secret("old-refresh");
  return stored;
}

class UpstreamSourceTest : public ::testing::Test {
 protected:
  void make(GrantOptions options) {
    grant_ = std::move(options);
    source_ = make_token_source(grant_, upstream_, "sentry.test", timers_, clock_, 30s);
  }
  void refresh(const StoredGrant& present) {
    outcome_.reset();
    source_->refresh(present, [this](TokenOutcome outcome) { outcome_ = std::move(outcome); });
  }
  std::string& body() { return upstream_.calls.back().body; }
  void head(int status, http::Fields fields = {}) {
    http::ResponseHead head;
    head.status = status;
    head.fields = std::move(fields);
    upstream_.last().on_head(head);
  }
  void answer(int status, std::string_view text, http::Fields fields = {}) {
    upstream_.last().on_sent(clock_.now());
    head(status, std::move(fields));
    upstream_.last().on_body(text);
    upstream_.last().on_done();
  }
  void breaks(http::Sent sent) {
    http::Failure failure = FakeUpstream::closed(sent, false);
    failure.stage = "response";
    upstream_.last().on_fail(failure);
  }
  TokenRefusal::Kind refused() const {
    EXPECT_TRUE(outcome_.has_value() && !*outcome_);
    return outcome_->error().kind;
  }

  FakeClock clock_;
  FakeTimers timers_{clock_};
  FakeUpstream upstream_;
  GrantOptions grant_;
  std::unique_ptr<TokenSource> source_;
  std::optional<TokenOutcome> outcome_;
};

}  // namespace postern::grants::test
