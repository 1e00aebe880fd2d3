#include "cli/paste_login.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "cli/attempt_fixture.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PasteLogin : public AttemptFixture {
 protected:
  PasteLogin() {
    answers_ = {answered(200, R"({"access_token": "canary-a", "refresh_token": "canary-r"})")};
  }

  // The person has typed this, and then closed the input.
  Result<grants::TokenAnswer> log_in(const std::string& typed) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
    ::close(ends[1]);
    streams_.context.input = ends[0];
    auto answer = login_by_paste(attempt_);
    ::close(ends[0]);
    return answer;
  }
};

TEST_F(PasteLogin, ACodeIsExchanged) {
  auto answer = log_in("  canary-code \n");
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->access_token.reveal(), "canary-a");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_THAT(asked_[0].body, HasSubstr("code=canary-code&"));
  EXPECT_THAT(asked_[0].body, HasSubstr("redirect_uri=http%3A%2F%2F127.0.0.1%2Foauth%2Fcallback"));
  EXPECT_THAT(printed(), HasSubstr("  https://sentry.test/oauth/authorize/?"));
  EXPECT_THAT(printed(), Not(HasSubstr("canary")));
}

TEST_F(PasteLogin, AnyRedirectUriWillDo) {
  arguments_.redirect_uri = "https://app.example/landing";
  ASSERT_TRUE(log_in("code-1\n"));
  EXPECT_THAT(printed(), HasSubstr("The browser then goes to https://app.example/landing"));
  EXPECT_THAT(asked_[0].body, HasSubstr("redirect_uri=https%3A%2F%2Fapp.example%2Flanding"));
}

TEST_F(PasteLogin, WhatIsNoAnswerIsAskedForAgain) {
  ASSERT_TRUE(log_in("what is wanted?\n\nhttp://127.0.0.1/\ncode-1\n"));
  const std::string said = streams_.err.str();
  size_t times = 0;
  for (size_t at = said.find("try again"); at != std::string::npos;
       at = said.find("try again", at + 1))
    ++times;
  EXPECT_EQ(times, 3U);
}

TEST_F(PasteLogin, AnAnswerOfAnotherLoginEndsThisOne) {
  auto answer = log_in("http://127.0.0.1/oauth/callback?code=abc&state=another\ncode-1\n");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("another login"));
  EXPECT_TRUE(asked_.empty()) << "the code was not used";
}

TEST_F(PasteLogin, TheEndOfTheInputEndsIt) {
  auto answer = log_in("");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("nothing was stored"));
}

TEST_F(PasteLogin, ARefusedCodeIsSaid) {
  answers_ = {answered(400, R"({"error": "invalid_grant"})")};
  auto answer = log_in("code-1\n");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("invalid_grant"));
}

}  // namespace
}  // namespace postern::cli
