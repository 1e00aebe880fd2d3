// An attempt to log in to a pretended Sentry, which answers in the order the test says.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "cli/attempt.h"
#include "cli/streams.h"
#include "support/fake_clock.h"

namespace postern::cli {

inline runtime::CallResult answered(int status, std::string body) {
  runtime::CallResult result;
  result.ok = true;
  result.stage = "done";
  result.answer.status = status;
  result.answer.body = Secret(std::move(body));
  return result;
}

inline runtime::CallResult unreachable() {
  runtime::CallResult result;
  result.stage = "connect";
  result.detail = "refused\x1b";
  return result;
}

class AttemptFixture : public ::testing::Test {
 protected:
  struct Asked {
    std::string target;
    std::string body;  // of a POST; else the token
    Instant at;
  };

  AttemptFixture() {
    setup_.grant.name = setup_.grant.organization = "acme";
    setup_.grant.sentry_url = setup_.sentry.url = "https://sentry.test";
    setup_.grant.client = {"client-1", Secret("sesame"), grants::ClientAuth::kForm};
    setup_.grant.scopes = {"org:read", "event:read"};
    calls_.post = [this](const config::GrantSetup&, const grants::EndpointRequest& request) {
      asked_.push_back({request.target, std::string(request.body.reveal()), clock_.now()});
      return next();
    };
    calls_.get = [this](const config::GrantSetup&, const Secret& token, std::string_view path) {
      asked_.push_back({std::string(path), std::string(token.reveal()), clock_.now()});
      return next();
    };
    calls_.sleep = [this](Duration duration) { clock_.advance(duration); };
  }

  // The last answer is given again and again.
  runtime::CallResult next() {
    runtime::CallResult result = answers_.at(0);
    if (answers_.size() > 1) answers_.pop_front();
    return result;
  }

  std::string printed() const { return streams_.out.str() + streams_.err.str(); }

  config::GrantSetup setup_;
  Arguments arguments_;
  SentryCalls calls_;
  test::FakeClock clock_;
  Streams streams_;
  std::deque<runtime::CallResult> answers_{unreachable()};
  std::vector<Asked> asked_;
  Attempt attempt_{setup_, arguments_, calls_, clock_, streams_.context};
};

}  // namespace postern::cli
