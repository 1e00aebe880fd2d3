// What is sent to Sentry's OAuth endpoints, and what their errors mean.
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
  EXPECT_EQ(request.authorization.reveal(), "Basic Y2xpZW50LTE6c2VjcmV0JTNBMQ==");
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
