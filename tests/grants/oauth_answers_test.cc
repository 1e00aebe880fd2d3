// What is read from the answers of Sentry's OAuth endpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/oauth.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const WallTime kWall(1704110400s);  // Mon, 01 Jan 2024 12:00:00 GMT
const Instant kSent(5min);

EndpointAnswer answered(int status, std::string body, std::string retry_after = "",
                        std::string date = "") {
  return {status, std::move(retry_after), Secret(std::move(body)), std::move(date)};
}

TokenOutcome read(const EndpointAnswer& answer) {
  return read_token_answer(answer, kSent, kWall);
}
// --------------------------------------------------------------------------------------- tokens

constexpr const char* kPage = "<html><body>canary</body></html>";

TEST(TokenRefusals, AreToldApart) {
  using Kind = TokenRefusal::Kind;
  struct Case {
    int status;
    const char* body;
    Kind kind;
  };
  for (const Case& c : std::initializer_list<Case>{
           // A success that gives nothing may have used the old pair up.
           {200, "", Kind::kLost},
           {200, kPage, Kind::kLost},
           {200, "{}", Kind::kLost},
           {200, R"({"access_token": ""})", Kind::kLost},
           {200, R"({"access_token": "can\nary"})", Kind::kLost},
           {200, R"({"access_token": "a", "token_type": "mac"})", Kind::kLost},
           {200, R"({"refresh_token": "a first pair must be whole"})", Kind::kLost},
           {200, R"({"error": "invalid_grant"})", Kind::kLost},
           {200, R"({"access_token": "canary)", Kind::kLost},
           {204, "", Kind::kLost},
           {400, R"({"error": "invalid_grant"})", Kind::kInvalidGrant},
           {400, R"({"error": "unauthorized_client"})", Kind::kClient},
           {400, R"({"error": "invalid_request"})", Kind::kClient},
           {400, R"({"error": "unsupported_grant_type"})", Kind::kClient},
           {400, "", Kind::kTransient},
           {400, kPage, Kind::kTransient},
           {400, R"({"error": ["invalid_grant"]})", Kind::kTransient},
           // No proof that the grant is gone.
           {401, R"({"error": "invalid_client"})", Kind::kClient},
           {401, R"({"error": "invalid_grant"})", Kind::kTransient},
           {401, R"({"detail": "Invalid token"})", Kind::kTransient},
           {401, "", Kind::kTransient},
           {403, kPage, Kind::kTransient},
           {404, R"({"error": "invalid_grant"})", Kind::kTransient},
           {302, "", Kind::kTransient},
           {429, "", Kind::kTransient},
           {500, R"({"error": "invalid_grant"})", Kind::kTransient},
           {502, kPage, Kind::kTransient},
           {503, "", Kind::kTransient}}) {
    auto outcome = read(answered(c.status, c.body));
    ASSERT_FALSE(outcome) << c.status << c.body;
    EXPECT_EQ(outcome.error().kind, c.kind) << c.status << c.body;
    EXPECT_FALSE(outcome.error().retry_after) << c.status << c.body;
    EXPECT_THAT(outcome.error().detail, Not(HasSubstr("canary")));
  }
}

TEST(RefreshAnswers, OneUsableTokenIsKeptAndTheOtherOnesFaultIsNamed) {
  struct Case {
    const char* body;
    const char* access;
    const char* refresh;
    const char* flaw;
  };
  for (const Case& c : std::initializer_list<Case>{
           {R"({"access_token": "a", "refresh_token": "r"})", "a", "r", ""},
           {R"({"refresh_token": "r"})", "", "r", "access_token is missing"},
           {R"({"access_token": null, "refresh_token": "r"})", "", "r", "access_token is missing"},
           {R"({"access_token": "can\nary", "refresh_token": "r"})", "", "r", "visible ASCII"},
           {R"({"access_token": ["canary"], "refresh_token": "r"})", "", "r", "must be a string"},
           {R"({"access_token": "a", "token_type": "mac", "refresh_token": "r"})", "", "r",
            "Bearer"},
           {R"({"refreshToken": "r", "expiresAt": "2024-01-01T13:00:00Z"})", "", "r", "is missing"},
           {R"({"access_token": "a", "refresh_token": "can\nary"})", "a", "", "refresh_token must"},
           {R"({"access_token": "a", "refresh_token": 7})", "a", "", "refresh_token must"}}) {
    auto outcome = read_refresh_answer(answered(200, c.body), kSent, kWall);
    ASSERT_TRUE(outcome) << c.body;
    EXPECT_EQ(outcome->access_token.reveal(), c.access) << c.body;
    EXPECT_EQ(outcome->refresh_token.reveal(), c.refresh) << c.body;
    EXPECT_THAT(outcome->flaw, HasSubstr(c.flaw)) << c.body;
    EXPECT_THAT(outcome->flaw, Not(HasSubstr("canary")));
  }
}

TEST(RefreshAnswers, WithoutAUsableTokenTheAnswerIsLost) {
  for (const char* body :
       {R"({"access_token": "can\nary"})", R"({"access_token": "", "refresh_token": ""})",
        R"({"access_token": 7, "refresh_token": 7})",
        R"({"error": "invalid_grant", "refresh_token": "r"})"}) {
    auto outcome = read_refresh_answer(answered(200, body), kSent, kWall);
    ASSERT_FALSE(outcome) << body;
    EXPECT_EQ(outcome.error().kind, TokenRefusal::Kind::kLost) << body;
  }
}

TEST(TokenRefusals, ARedirectIsNamed) {
  EXPECT_THAT(read(answered(302, "")).error().detail, HasSubstr("redirect, which is not followed"));
}

TEST(TokenRefusals, RetryAfterIsReadAsSecondsOrAsADate) {
  const std::string at_noon = "Mon, 01 Jan 2024 12:00:00 GMT";
  const std::string after_noon = "Mon, 01 Jan 2024 12:01:30 GMT";
  struct Case {
    std::string retry_after;
    std::string date;
    std::optional<Duration> expected;
  };
  for (const Case& c :
       std::vector<Case>{{"2", "", 2s},
                         {"0", "", 0s},
                         {"99999999", "", 24h},
                         {after_noon, "", 90s},
                         {after_noon, at_noon, 90s},
                         // Of two clocks that disagree, the one of the server is meant.
                         {after_noon, "Mon, 01 Jan 2024 12:01:20 GMT", 10s},
                         {at_noon, after_noon, 0s},
                         {"Tue, 01 Jan 2999 12:00:00 GMT", "", 24h},
                         {"", "", {}},
                         {"-1", "", {}},
                         {"soon", "", {}},
                         {"Mon, 01 Foo 2024 12:01:30 GMT", "", {}},
                         {"Mon, 41 Jan 2024 12:01:30 GMT", "", {}},
                         {"Mon, 01 anF 2024 12:01:30 GMT", "", {}},
                         {"99999999999999999999999", "", {}}}) {
    for (int status : {429, 503}) {
      auto outcome = read(answered(status, "", c.retry_after, c.date));
      ASSERT_FALSE(outcome);
      EXPECT_EQ(outcome.error().retry_after, c.expected) << c.retry_after << " " << c.date;
    }
  }
}

TEST(TokenRefusals, SayWhatTheServerSaidButNothingThatLooksSecretOrObeysATerminal) {
  const std::string token(64, 'a');
  auto text = [](const std::string& detail) {
    return read(answered(401, R"({"detail": ")" + detail + "\"}")).error().detail;
  };
  EXPECT_THAT(text("Given refresh token does not exist"),
              HasSubstr("(Given refresh token does not exist)"));
  EXPECT_THAT(text("Unknown " + token), Not(HasSubstr("aaaa")));
  EXPECT_THAT(text("Unknown sntryu_1f2e3d4c"), Not(HasSubstr("1f2e")));
  EXPECT_THAT(text("a\\u001b[2Jb"), HasSubstr("a?[2Jb"));
  EXPECT_LT(text(std::string(5000, 'b')).size(), 200U);
  EXPECT_LT(text(std::string(5000, ' ') + "b").size(), 200U);
}

struct Lifetime {
  const char* fields;
  std::optional<Duration> expected;
};
const std::vector<Lifetime> kLifetimes{
    {"", {}},
    {R"(, "expires_in": null)", {}},
    {R"(, "expires_in": "soon")", {}},
    {R"(, "expires_in": 0)", 0s},
    {R"(, "expires_in": 1)", 1s},
    {R"(, "expires_in": -7)", 0s},
    {R"(, "expires_in": "60")", 60s},
    {R"(, "expires_in": 18446744073709551615)", 10 * 365 * 24h},
    {R"(, "expires_in": 1e99)", 10 * 365 * 24h},
    {R"(, "expires_at": "2024-01-01T13:00:00Z")", 1h},
    {R"(, "expires_at": "2024-01-01T13:00:00Z", "expires_in": 60)", 60s},
    {R"(, "expires_at": "2023-01-01T13:00:00Z")", 0s}};

TEST(TokenAnswers, LiveAsLongAsTheySay) {
  for (const Lifetime& c : kLifetimes) {
    const std::string body =
        R"({"access_token": "a", "refresh_token": "b")" + std::string(c.fields);
    auto outcome = read(answered(200, body + "}"));
    ASSERT_TRUE(outcome) << c.fields << outcome.error().detail;
    std::optional<WallTime> expires_at;
    if (c.expected) expires_at = kWall + *c.expected;
    EXPECT_EQ(outcome->lifetime, c.expected) << c.fields;
    EXPECT_EQ(outcome->expires_at, expires_at) << c.fields;
    EXPECT_EQ(outcome->sent_at, kSent);
  }
}

// Our wall clock is four hours behind, or ahead.
TEST(TokenAnswers, AMomentOfTheServersClockIsMeasuredByIt) {
  const std::string body = R"({"token": "a", "expiresAt": "2024-01-02T00:00:00.5Z"})";
  for (const char* date : {"Mon, 01 Jan 2024 16:00:00 GMT", "Mon, 01 Jan 2024 08:00:00 GMT"}) {
    auto outcome = read(answered(201, body, "", date));
    ASSERT_TRUE(outcome);
    const Duration expected = (date[17] == '1' ? 8h : 16h) + 500ms;
    EXPECT_EQ(outcome->lifetime, expected);
    EXPECT_EQ(*outcome->expires_at - kWall, expected);
  }
  // A second more or less is only Date's coarseness.
  auto outcome = read(answered(201, body, "", "Mon, 01 Jan 2024 12:00:03 GMT"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lifetime, Duration(12h + 500ms));
}

// --------------------------------------------------------------------------------------- devices

std::string device_body(const std::string& user_code, const std::string& uri,
                        const std::string& complete = "null") {
  return R"({"device_code": "dc", "user_code": ")" + user_code + R"(", "verification_uri": )" +
         uri + R"(, "verification_uri_complete": )" + complete +
         R"(, "expires_in": 600, "interval": 5})";
}

Result<DeviceCode> read_code(int status, std::string body) {
  return read_device_code(answered(status, std::move(body)), "https://sentry.test");
}

TEST(DeviceCodes, AreReadWhole) {
  auto code = read_code(200, device_body("BCDF-GHJK", R"("https://sentry.test/oauth/device/")",
                                         R"("https://sentry.test/oauth/device/?user_code=B")"));
  ASSERT_TRUE(code) << code.error().what;
  EXPECT_EQ(code->device_code.reveal(), "dc");
  EXPECT_EQ(code->user_code, "BCDF-GHJK");
  EXPECT_EQ(code->verification_uri, "https://sentry.test/oauth/device/");
  EXPECT_EQ(code->verification_uri_complete, "https://sentry.test/oauth/device/?user_code=B");
  EXPECT_EQ(code->expires_in, 600s);
  EXPECT_EQ(code->interval, 5s);
}

TEST(DeviceCodes, ThatLeadElsewhereOrObeyATerminalAreRefused) {
  const std::string here = R"("https://sentry.test/oauth/device/")";
  for (const std::string& body :
       {device_body("B", R"("https://sentry.test.evil.test/oauth/device/")"),
        device_body("B", R"("https://sentry.test@evil.test/")"),
        device_body("B", R"("http://sentry.test/oauth/device/")"), device_body("B", "null"),
        device_body("B", R"("https://sentry.test/\u001b[2J")"),
        device_body("B", here, R"("https://evil.test/")"), device_body("", here),
        device_body("\\u001b[2J", here), std::string(kPage), std::string()}) {
    auto code = read_code(200, body);
    ASSERT_FALSE(code) << body;
    EXPECT_THAT(code.error().what, Not(HasSubstr("evil")));
  }
}

TEST(DeviceCodes, ARefusalSaysWhy) {
  auto code = read_code(401, R"({"error": "invalid_client", "error_description": "canary"})");
  ASSERT_FALSE(code);
  EXPECT_THAT(code.error().what, HasSubstr("401 (invalid_client)"));
}

TEST(DevicePolls, AreToldApart) {
  struct Case {
    int status;
    const char* body;
    DevicePoll poll;
  };
  for (const Case& c : std::initializer_list<Case>{
           {200, R"({"access_token": "a"})", DevicePoll::kDone},
           {200, "", DevicePoll::kFailed},
           {200, R"({"error": "authorization_pending"})", DevicePoll::kFailed},
           {400, R"({"error": "authorization_pending"})", DevicePoll::kPending},
           {400, R"({"error": "slow_down"})", DevicePoll::kSlowDown},
           {400, R"({"error": "access_denied"})", DevicePoll::kDenied},
           {400, R"({"error": "expired_token"})", DevicePoll::kExpired},
           {400, R"({"error": "invalid_grant"})", DevicePoll::kFailed},
           {401, R"({"error": "invalid_client"})", DevicePoll::kFailed},
           {429, "", DevicePoll::kSlowDown},
           {503, kPage, DevicePoll::kSlowDown}}) {
    const DevicePollAnswer answer = read_device_poll(answered(c.status, c.body), kSent, kWall);
    EXPECT_EQ(answer.poll, c.poll) << c.status << c.body;
    EXPECT_EQ(answer.detail.empty(), c.poll == DevicePoll::kDone);
    EXPECT_EQ(answer.token.access_token.empty(), c.poll != DevicePoll::kDone);
  }
}

}  // namespace
}  // namespace postern::grants
