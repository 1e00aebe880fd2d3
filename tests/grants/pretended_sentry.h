// A Sentry that answers a login in the order the test says.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grants/options.h"
#include "grants/sentry_calls.h"
#include "support/fake_clock.h"

namespace postern::grants {

inline CallResult answered(int status, std::string body) {
  CallResult result;
  result.ok = true;
  result.stage = "done";
  result.answer.status = status;
  result.answer.body = Secret(std::move(body));
  return result;
}

inline CallResult unreachable() {
  CallResult result;
  result.stage = "connect";
  result.detail = "refused\x1b";
  return result;
}

class PretendedSentry : public ::testing::Test {
 protected:
  struct Asked {
    std::string target;
    std::string body;  // of a POST; else the token
  };

  PretendedSentry() {
    grant_.name = grant_.organization = "acme";
    grant_.sentry_url = "https://sentry.test";
    grant_.client = {"client-1", Secret("sesame"), ClientAuth::kForm};
    grant_.scopes = {"org:read", "event:read"};
    calls_.post = [this](const EndpointRequest& request) {
      asked_.push_back({request.target, std::string(request.body.reveal())});
      return next();
    };
    calls_.get = [this](const Secret& token, std::string_view path) {
      asked_.push_back({std::string(path), std::string(token.reveal())});
      return next();
    };
    calls_.sleep = [this](Duration duration) { clock_.advance(duration); };
  }

  // The last answer is given again and again.
  CallResult next() {
    CallResult result = answers_.at(0);
    if (answers_.size() > 1) answers_.pop_front();
    return result;
  }

  GrantOptions grant_;
  SentryCalls calls_;
  postern::test::FakeClock clock_;
  std::deque<CallResult> answers_{unreachable()};
  std::vector<Asked> asked_;
};

}  // namespace postern::grants
