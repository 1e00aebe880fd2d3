#include "grants/login.h"

#include <gmock/gmock.h>

#include "grants/digest.h"
#include "grants/pretended_sentry.h"

namespace postern::grants {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kUri = "http://127.0.0.1:4711/oauth/callback";

class LoggingIn : public PretendedSentry {
 protected:
  Result<TokenAnswer> exchange_with(CallResult result) {
    answers_ = {std::move(result)};
    return exchange_code(
        grant_, calls_,
        code_request(grant_, Secret("code-1"), {Secret("verifier-1"), "challenge-1"}, kUri));
  }
};

TEST_F(LoggingIn, EachHasSecretsOfItsOwn) {
  const AuthorizationSecrets one = make_authorization_secrets();
  const AuthorizationSecrets two = make_authorization_secrets();
  EXPECT_FALSE(one.state == two.state);
  EXPECT_FALSE(one.pkce.verifier == two.pkce.verifier);
  EXPECT_GE(one.state.reveal().size(), 22U) << "128 bits in base64url";
  EXPECT_EQ(one.pkce.challenge, base64url(sha256(one.pkce.verifier.reveal())));
}

TEST_F(LoggingIn, TheUrlHasTheStateAndTheChallengeAndNotTheVerifier) {
  const AuthorizationSecrets secrets = make_authorization_secrets();
  const std::string url = authorization_url(grant_, secrets, kUri);
  EXPECT_THAT(url, StartsWith("https://sentry.test/oauth/authorize/?"));
  EXPECT_THAT(url, HasSubstr("client_id=client-1&"));
  EXPECT_THAT(url, HasSubstr("redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Foauth%2Fcallback"));
  EXPECT_THAT(url, HasSubstr("state=" + std::string(secrets.state.reveal())));
  EXPECT_THAT(url, HasSubstr("code_challenge=" + secrets.pkce.challenge));
  EXPECT_THAT(url, Not(HasSubstr(std::string(secrets.pkce.verifier.reveal()))));
}

TEST_F(LoggingIn, ACodeIsExchangedOnceWithItsVerifierAndTheSameUri) {
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

TEST_F(LoggingIn, ALifetimeCountsFromWhenTheRequestWasSent) {
  CallResult result = answered(200, R"({"access_token": "a", "expires_in": 60})");
  result.sent_wall = clock_.wall();
  clock_.advance(std::chrono::seconds(20));
  auto answer = exchange_with(std::move(result));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->expires_at, clock_.wall() + std::chrono::seconds(40));
}

TEST_F(LoggingIn, ARefusedCodeIsNotTriedAgain) {
  auto answer = exchange_with(answered(400, R"({"error": "invalid_grant"})"));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("invalid_grant"));
  EXPECT_THAT(answer.error().what, HasSubstr("log in again"));
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(LoggingIn, ARefusedClientWithoutASecretIsToldWhoMayHaveNone) {
  const auto refused = answered(401, R"({"error": "invalid_client"})");
  EXPECT_THAT(exchange_with(refused).error().what, Not(HasSubstr("Public")));
  grant_.client.secret = Secret();
  EXPECT_THAT(exchange_with(refused).error().what, HasSubstr("only for a Public application"));
}

TEST_F(LoggingIn, ALostAnswerIsNotTriedAgainAndItsStageIsSaid) {
  auto answer = exchange_with(unreachable());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("connect: refused?"));
  EXPECT_THAT(answer.error().what, HasSubstr("good only once"));
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(LoggingIn, NoErrorRepeatsWhatSentrySent) {
  for (const char* body : {R"({"access_token": 7, "x": "canary"})", "<html>canary</html>",
                           R"({"error": "canary\u001b[2J"})"}) {
    for (int status : {200, 400, 502}) {
      auto answer = exchange_with(answered(status, body));
      ASSERT_FALSE(answer);
      EXPECT_THAT(answer.error().what, Not(HasSubstr("\x1b")));
      if (status != 200) continue;  // an error's code is said
      EXPECT_THAT(answer.error().what, Not(HasSubstr("canary")));
    }
  }
}

}  // namespace
}  // namespace postern::grants
