#include "grants/oauth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/digest.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const WallTime kWall(1704110400s);  // Mon, 01 Jan 2024 12:00:00 GMT
const Instant kSent(5min);

GrantOptions acme() {
  GrantOptions grant;
  grant.name = "acme";
  grant.organization = "acme";
  grant.sentry_url = "https://sentry.test";
  grant.client = {"client-1", Secret("s&cr=t %\xc3\xbc"), ClientAuth::kForm};
  grant.scopes = {"org:read", "project:write"};
  grant.installation = "11111111-2222-4333-8444-555555555555";
  return grant;
}

GrantOptions with_parameters(Parameters parameters) {
  GrantOptions grant = acme();
  grant.token_parameters = std::move(parameters);
  return grant;
}

EndpointAnswer answered(int status, std::string body, std::string retry_after = "",
                        std::string date = "") {
  return {status, std::move(retry_after), Secret(std::move(body)), std::move(date)};
}

TokenOutcome read(const EndpointAnswer& answer) {
  return read_token_answer(answer, kSent, kWall);
}

// ------------------------------------------------------------------------------------- requests

TEST(Pkce, TheChallengeIsTheDigestOfTheVerifier) {
  const Pkce pkce = make_pkce();
  const std::string verifier(pkce.verifier.reveal());
  EXPECT_EQ(verifier.size(), 43U);
  EXPECT_THAT(verifier, ::testing::MatchesRegex("[A-Za-z0-9_-]*"));
  EXPECT_EQ(pkce.challenge, base64url(sha256(verifier)));
  EXPECT_FALSE(make_pkce().verifier == pkce.verifier);
  // RFC 7636, appendix B.
  EXPECT_EQ(base64url(sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(State, IsLongAndNeverTheSame) {
  EXPECT_GE(make_state().size(), 22U);  // 128 bits
  EXPECT_NE(make_state(), make_state());
}

TEST(AuthorizationUrl, HoldsEveryPartEscaped) {
  GrantOptions grant = acme();
  grant.authorize_parameters = {{"force_prompt", "1"}, {"a b", "&=#\xc3\xbc"}};
  EXPECT_EQ(authorization_url(grant, {"http://127.0.0.1:1234/oauth/callback", "st-1", "ch_2"}),
            "https://sentry.test/oauth/authorize/?response_type=code&client_id=client-1"
            "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1234%2Foauth%2Fcallback"
            "&scope=org%3Aread%20project%3Awrite&state=st-1&code_challenge=ch_2"
            "&code_challenge_method=S256&force_prompt=1&a%20b=%26%3D%23%C3%BC");
}

TEST(AuthorizationUrl, AsksForNoScopeWithAnEmptyWord) {
  GrantOptions grant = acme();
  grant.scopes.clear();
  EXPECT_THAT(authorization_url(grant, {"u", "s", "c"}), Not(HasSubstr("scope")));
  EXPECT_THAT(std::string(device_code_request(grant).body.reveal()), Not(HasSubstr("scope")));
}

TEST(Requests, ACodeIsExchangedByForm) {
  const Pkce pkce{Secret("verifier-1"), "unused"};
  const EndpointRequest request =
      code_request(acme(), Secret("co+de"), pkce, "http://127.0.0.1/oauth/callback");
  EXPECT_EQ(request.target, "/oauth/token/");
  EXPECT_EQ(request.content_type, "application/x-www-form-urlencoded");
  EXPECT_TRUE(request.authorization.empty());
  EXPECT_EQ(request.body.reveal(),
            "grant_type=authorization_code&code=co%2Bde"
            "&redirect_uri=http%3A%2F%2F127.0.0.1%2Foauth%2Fcallback&code_verifier=verifier-1"
            "&client_id=client-1&client_secret=s%26cr%3Dt%20%25%C3%BC");
}

TEST(Requests, APublicClientSendsNoSecret) {
  GrantOptions grant = acme();
  grant.client.secret = Secret();
  for (ClientAuth auth : {ClientAuth::kForm, ClientAuth::kBasic}) {
    grant.client.auth = auth;
    const EndpointRequest request = refresh_request(grant, Secret("r"));
    EXPECT_EQ(request.body.reveal(), "grant_type=refresh_token&refresh_token=r&client_id=client-1");
    EXPECT_TRUE(request.authorization.empty());
  }
}

TEST(Requests, ByBasicNothingOfTheClientIsInTheForm) {
  GrantOptions grant = acme();
  grant.client.auth = ClientAuth::kBasic;
  grant.client.secret = Secret("secret:1");
  const EndpointRequest request = refresh_request(grant, Secret("r"));
  EXPECT_EQ(request.body.reveal(), "grant_type=refresh_token&refresh_token=r");
  EXPECT_EQ(request.authorization.reveal(), "Basic " + base64("client-1:secret%3A1"));
}

TEST(Requests, ARefreshNeverHasAScopeAndOtherParametersAreAdded) {
  const GrantOptions grant = with_parameters({{"scope", "org:read"}, {"audience", "a&b"}});
  const std::string body(refresh_request(grant, Secret("r")).body.reveal());
  EXPECT_THAT(body, Not(HasSubstr("scope")));
  EXPECT_THAT(body, EndsWith("&audience=a%26b"));
}

TEST(Requests, ADeviceAsksForACodeAndThenForItsToken) {
  const EndpointRequest code = device_code_request(acme());
  EXPECT_EQ(code.target, "/oauth/device/code/");
  EXPECT_THAT(std::string(code.body.reveal()),
              StartsWith("scope=org%3Aread%20project%3Awrite&client_id=client-1"));
  const EndpointRequest token = device_token_request(acme(), Secret("dc"));
  EXPECT_EQ(token.target, "/oauth/token/");
  EXPECT_THAT(std::string(token.body.reveal()),
              StartsWith("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
                         "&device_code=dc&client_id=client-1"));
}

TEST(Requests, OfInstallationsAreJsonWithTheSecret) {
  GrantOptions grant = with_parameters({{"state", "x"}});
  grant.client.secret = Secret("a\"b\\c\n");
  const EndpointRequest code = installation_code_request(grant, Secret("co\"de"));
  EXPECT_EQ(code.target,
            "/api/0/sentry-app-installations/11111111-2222-4333-8444-555555555555/authorizations/");
  EXPECT_EQ(code.content_type, "application/json");
  EXPECT_EQ(code.body.reveal(),
            R"({"grant_type":"authorization_code","code":"co\"de","client_id":"client-1",)"
            R"("client_secret":"a\"b\\c\n","state":"x"})");
  grant.client.secret = Secret();
  EXPECT_EQ(installation_refresh_request(grant, Secret("rt")).body.reveal(),
            R"({"grant_type":"refresh_token","refresh_token":"rt","client_id":"client-1",)"
            R"("state":"x"})");
}

TEST(Requests, AnAssertionIsSignedWithTheSecretWhichStaysHere) {
  GrantOptions grant = with_parameters({{"state", "x"}});
  grant.client.secret = Secret("sesame");
  const EndpointRequest request = installation_jwt_request(grant, kWall);
  EXPECT_EQ(request.body.reveal(),
            R"({"grant_type":"urn:sentry:params:oauth:grant-type:jwt-bearer","state":"x"})");
  const std::string field(request.authorization.reveal());
  ASSERT_THAT(field, StartsWith("Bearer "));
  const std::string jwt = field.substr(7);
  const size_t end = jwt.rfind('.');
  EXPECT_EQ(jwt.substr(end + 1), base64url(hmac_sha256("sesame", jwt.substr(0, end))));
  EXPECT_THAT(jwt, StartsWith(base64url(R"({"alg":"HS256","typ":"JWT"})") + "."));
  // A multiple of three bytes, so that the encoded forms can be compared. Issued half a minute ago.
  const std::string claims =
      R"({"iss":"client-1","sub":"client-1","iat":1704110370,"exp":1704110460,)";
  ASSERT_EQ(claims.size() % 3, 0U);
  EXPECT_THAT(jwt, HasSubstr("." + base64url(claims)));
  EXPECT_NE(installation_jwt_request(grant, kWall).authorization.reveal(), field);  // jti is new
}

// -------------------------------------------------------------------------------------- answers

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

// ---------------------------------------------------------------------------------------- errors

TEST(ExplainError, KnowsEveryCodeOfSentrysEndpoints) {
  for (const char* code :
       {"invalid_scope", "invalid_request", "access_denied", "unauthorized_client",
        "unsupported_grant_type", "unsupported_response_type", "invalid_client", "invalid_grant",
        "authorization_pending", "slow_down", "expired_token", "server_error",
        "temporarily_unavailable"}) {
    const std::string text = explain_error(code, acme());
    EXPECT_THAT(text, StartsWith(std::string(code) + ": "));
    EXPECT_GT(text.size(), std::string(code).size() + 20);
    EXPECT_THAT(text, Not(HasSubstr("s&cr")));
  }
}

TEST(ExplainError, OfAScopeSaysWhichWereAskedForAndWhereTheyAreAllowed) {
  const std::string text = explain_error("invalid_scope", acme());
  EXPECT_THAT(text, HasSubstr("application's own settings"));
  EXPECT_THAT(text, HasSubstr("(asked for: org:read project:write)"));
}

TEST(ExplainError, OfAnUnknownCodeIsTheCodeMadePrintable) {
  EXPECT_EQ(explain_error("odd\x1b[2J\nthing", acme()), "odd?[2J?thing");
  EXPECT_LE(explain_error(std::string(5000, 'x'), acme()).size(), 100U);
}

}  // namespace
}  // namespace postern::grants
