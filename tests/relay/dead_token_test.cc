#include "relay/dead_token.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

struct Row {
  int status;
  std::string_view text;
  bool dead;
};

constexpr Row kRows[] = {
    // what Sentry says of a token that is gone
    {401, R"({"detail":"Invalid token"})", true},
    {401, R"({"detail":"Invalid org token"})", true},
    {401, R"({"detail":"Token not found"})", true},
    {401, R"({"detail":"Token expired"})", true},
    {401, R"({"detail":"User inactive or deleted"})", true},
    {401, R"({"detail":"UserApplication inactive or deleted"})", true},
    {401, R"({"detail":"Invalid token header. No credentials provided."})", true},
    {401, R"({"detail":"INVALID TOKEN."})", true},
    // sentences that nobody has promised not to change
    {401, R"({"detail":"This bearer is not known"})", true},
    {401, R"({"detail":""})", true},
    // a good token in the wrong place
    {401, R"({"detail":"Unauthorized organization access"})", false},
    {401, R"({"detail":"This token is limited to organization endpoints"})", false},
    {401, R"({"detail":"Unauthorised organisation access"})", false},
    {401, R"({"detail":"Authentication credentials were not provided."})", false},
    // about the person, not the token
    {401, R"({"detail":{"code":"sso-required","message":"Must login via SSO","extra":{}}})", false},
    {401, R"({"detail":{"code":"2fa-required"}})", false},
    {401, R"({"detail":{"code":"member-disabled-over-limit"}})", false},
    {401, R"({"detail":null})", false},
    {401, R"({"detail":["Invalid token"]})", false},
    // not Sentry's own words
    {401, "", true},
    {401, "<html>Unauthorized</html>", true},
    {401, R"("Invalid token")", true},
    {401, R"({"error":"Invalid token"})", true},
    {401, R"({"detail":"Invalid tok)", true},
    {401, R"([[[[[[[[[[[[[[[[)", true},
    // a 400 must say it
    {400, R"({"detail":"Invalid token"})", true},
    {400, R"({"detail":"Token expired."})", true},
    {400, R"({"error":"invalid_token"})", true},
    {400, R"({"detail":"Invalid token in the body of your form"})", false},
    {400, R"({"token":["Invalid token"]})", false},
    {400, R"({"detail":{"code":"invalid token"}})", false},
    {400, R"("Invalid origin: http://localhost")", false},
    {400, "Invalid token", false},
    {400, "", false},
    // any other status never
    {403, R"({"detail":"Invalid token"})", false},
    {404, R"({"detail":"Token expired"})", false},
    {200, R"({"detail":"Invalid token"})", false},
    {500, "", false},
};

TEST(DeadToken, IsTellableFromSentrysWords) {
  for (const Row& row : kRows)
    EXPECT_EQ(says_token_dead(row.status, row.text), row.dead) << row.status << " " << row.text;
}

TEST(DeadToken, AnUnreadable401CountsAndAnUnreadable400DoesNot) {
  EXPECT_TRUE(says_token_dead(401, std::nullopt));
  EXPECT_FALSE(says_token_dead(400, std::nullopt));
  EXPECT_FALSE(says_token_dead(403, std::nullopt));
}

}  // namespace
}  // namespace postern::relay
