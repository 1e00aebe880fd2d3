#include "cli/attempt.h"

#include <gmock/gmock.h>

#include "cli/attempt_fixture.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kUri = "http://127.0.0.1:4711/oauth/callback";

class AttemptTest : public AttemptFixture {
 protected:
  Result<grants::TokenAnswer> exchange_with(runtime::CallResult result) {
    answers_ = {std::move(result)};
    return exchange(attempt_, Secret("code-1"), {Secret("verifier-1"), "challenge-1"}, kUri);
  }
};

TEST_F(AttemptTest, WaitsFiveMinutesUnlessToldOtherwise) {
  EXPECT_EQ(attempt_.timeout(), std::chrono::minutes(5));
  arguments_.timeout = std::chrono::seconds(90);
  EXPECT_EQ(attempt_.timeout(), std::chrono::seconds(90));
}

TEST_F(AttemptTest, ACodeIsExchangedOnceWithItsVerifierAndTheSameUri) {
  auto answer = exchange_with(
      answered(200, R"({"access_token": "a", "refresh_token": "r", "expires_in": 60})"));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->access_token.reveal(), "a");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].target, "/oauth/token/");
  for (const char* part :
       {"grant_type=authorization_code", "code=code-1", "code_verifier=verifier-1",
        "redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Foauth%2Fcallback", "client_secret=sesame"})
    EXPECT_THAT(asked_[0].body, HasSubstr(part));
}

}  // namespace
}  // namespace postern::cli
