#include "cli/device_login.h"

#include <gmock/gmock.h>

#include "cli/attempt_fixture.h"

namespace postern::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCode = R"({"device_code": "canary-device", "user_code": "BCDF-GHJK",
  "verification_uri": "https://sentry.test/oauth/device/",
  "verification_uri_complete": "https://sentry.test/oauth/device/?user_code=BCDF-GHJK",
  "expires_in": 600, "interval": 5})";
constexpr const char* kTokens = R"({"access_token": "canary-a", "refresh_token": "canary-r"})";

runtime::CallResult error(std::string_view code) {
  return answered(400, R"({"error": ")" + std::string(code) + R"("})");
}

class DeviceLogin : public AttemptFixture {
 protected:
  // Sentry's answers to the polls; the last one again and again.
  Result<grants::TokenAnswer> log_in(std::deque<runtime::CallResult> polls,
                                     std::string_view code = kCode) {
    answers_ = std::move(polls);
    answers_.push_front(answered(200, std::string(code)));
    return login_on_device(attempt_);
  }
  // Between the requests.
  std::vector<Duration> pauses() const {
    std::vector<Duration> all;
    for (size_t i = 1; i < asked_.size(); ++i) all.push_back(asked_[i].at - asked_[i - 1].at);
    return all;
  }
};

TEST_F(DeviceLogin, ShowsTheCodeAndBringsTheToken) {
  auto answer = log_in({error("authorization_pending"), answered(200, kTokens)});
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->access_token.reveal(), "canary-a");
  EXPECT_THAT(printed(), HasSubstr("\n  BCDF-GHJK\n"));
  EXPECT_THAT(printed(), HasSubstr("\n  https://sentry.test/oauth/device/\n"));
  EXPECT_THAT(printed(), Not(HasSubstr("canary")));
  ASSERT_EQ(asked_.size(), 3U);
  EXPECT_EQ(asked_[0].target, "/oauth/device/code/");
  EXPECT_THAT(asked_[0].body, HasSubstr("scope=org%3Aread"));
  EXPECT_EQ(asked_[1].target, "/oauth/token/");
  EXPECT_THAT(asked_[1].body, HasSubstr("device_code=canary-device"));
}

TEST_F(DeviceLogin, KeepsToTheIntervalAndSlowsDownWhenTold) {
  ASSERT_TRUE(log_in({error("authorization_pending"), error("slow_down"),
                      error("authorization_pending"), answered(200, kTokens)}));
  EXPECT_THAT(pauses(), ::testing::ElementsAre(5s, 5s, 10s, 10s));
}

TEST_F(DeviceLogin, WithoutAnIntervalFiveSecondsAreUsual) {
  ASSERT_TRUE(log_in({answered(200, kTokens)},
                     R"({"device_code": "d", "user_code": "BCDF-GHJK", "expires_in": 600,
                         "verification_uri": "https://sentry.test/oauth/device/"})"));
  EXPECT_THAT(pauses(), ::testing::ElementsAre(5s));
}

TEST_F(DeviceLogin, TroubleIsWaitedOutLongerAndLonger) {
  ASSERT_TRUE(log_in({answered(503, ""), unreachable(), answered(429, ""), answered(500, ""),
                      answered(502, ""), answered(200, kTokens)}));
  EXPECT_THAT(pauses(), ::testing::ElementsAre(5s, 10s, 20s, 40s, 60s, 60s));
}

TEST_F(DeviceLogin, EndsWithTheLifetimeOfTheCode) {
  const Instant begin = clock_.now();
  auto answer = log_in({error("authorization_pending")});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("Run the login again"));
  EXPECT_EQ(clock_.now() - begin, 600s);
}

TEST_F(DeviceLogin, EndsWithTheTimeoutIfThatIsShorter) {
  arguments_.timeout = 12s;
  const Instant begin = clock_.now();
  EXPECT_FALSE(log_in({error("authorization_pending")}));
  EXPECT_EQ(clock_.now() - begin, 12s);
  EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(DeviceLogin, SaysHowSentryHasEndedIt) {
  struct Case {
    runtime::CallResult poll;
    const char* words;
  };
  for (const Case& c :
       {Case{error("access_denied"), "log in again"}, Case{error("expired_token"), "expired"},
        Case{error("invalid_grant"), "invalid_grant"},
        Case{answered(401, R"({"error": "invalid_client"})"), "invalid_client"}}) {
    auto answer = log_in({c.poll});
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().what, HasSubstr(c.words));
  }
}

TEST_F(DeviceLogin, WithoutACodeNothingIsShown) {
  struct Case {
    runtime::CallResult first;
    const char* words;
  };
  for (const Case& c :
       {Case{unreachable(), "connect: refused?"}, Case{answered(404, "<html>"), "--no-browser"},
        Case{answered(401, R"({"error": "invalid_client"})"), "invalid_client"},
        Case{answered(200, "{}"), ""},
        Case{answered(200, R"({"device_code": "d", "user_code": "BCDF-GHJK", "expires_in": 600,
               "verification_uri": "https://evil.test/oauth/device/"})"),
             "not trusted"}}) {
    asked_.clear();
    answers_ = {c.first};
    auto answer = login_on_device(attempt_);
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().what, HasSubstr(c.words));
    EXPECT_EQ(asked_.size(), 1U);
    EXPECT_EQ(streams_.out.str(), "");
  }
}

}  // namespace
}  // namespace postern::cli
