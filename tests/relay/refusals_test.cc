#include "relay/refusals.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

grants::Registry two_grants() {
  std::vector<grants::GrantOptions> all(2);
  all[0].name = all[0].organization = "acme";
  all[1].name = all[1].organization = "globex";
  return grants::Registry(std::move(all));
}

TEST(Refusals, OnlyAPlainPathOfTheApiIsCarried) {
  EXPECT_FALSE(refuse_target(policy::classify("/api/0/organizations/")));
  EXPECT_EQ(refuse_target(policy::classify("/oauth/token/"))->code, Code::kNotAnApiPath);
  const auto unsafe = refuse_target(policy::classify("/api/0/organizations/../x/"));
  ASSERT_TRUE(unsafe);
  EXPECT_EQ(unsafe->code, Code::kBadRequest);
  EXPECT_FALSE(unsafe->detail.empty());
}

TEST(Refusals, AGrantThatCannotBeChosenIsSaidWithTheNamesThereAre) {
  const grants::Registry registry = two_grants();
  const auto problem = [&](grants::SelectFailure failure) {
    return from_selection(failure, registry, "globex");
  };
  EXPECT_EQ(problem(grants::SelectFailure::kAmbiguous).code, Code::kAmbiguousGrant);
  EXPECT_NE(problem(grants::SelectFailure::kAmbiguous).detail.find("acme, globex"),
            std::string::npos);
  EXPECT_EQ(problem(grants::SelectFailure::kUnknown).code, Code::kUnknownGrant);
  EXPECT_EQ(problem(grants::SelectFailure::kNotAllowedHere).code, Code::kGrantNotAllowedHere);
  EXPECT_NE(problem(grants::SelectFailure::kNotAllowedHere).detail.find("globex"),
            std::string::npos);
}

TEST(Refusals, OnlyWhatIsTiedToTheGrantsOrganizationIsCarried) {
  using policy::Pinning;
  const grants::Registry registry = two_grants();
  const policy::Catalogue catalogue = policy::Catalogue::built_in();
  const policy::Match match;
  const policy::PinQuestion asked{http::Method::kGet, "/api/0/sentry-apps/", "", "", match};
  const auto refused = [&](Pinning pinning) {
    const policy::Pin pin{pinning, "", "globex"};
    return refuse_pin(pin, asked, *registry.find("acme"), catalogue);
  };
  EXPECT_FALSE(refused(Pinning::kAsItIs));
  EXPECT_FALSE(refused(Pinning::kSendInstead));
  EXPECT_EQ(refused(Pinning::kWrongOrganization)->code, Code::kWrongOrganization);
  EXPECT_NE(refused(Pinning::kWrongOrganization)->detail.find("globex"), std::string::npos);
  EXPECT_EQ(refused(Pinning::kUnpinnable)->code, Code::kUnpinnable);
  EXPECT_NE(refused(Pinning::kUnpinnable)->action.find("/api/0/organizations/acme/sentry-apps/"),
            std::string::npos);
}

void give_scopes(grants::Grant& grant, std::vector<std::string> scopes) {
  auto token = std::make_shared<grants::Token>();
  token->scopes = std::move(scopes);
  grant.adopt(std::move(token));
}

TEST(Refusals, AMissingScopeIsSaidWithWhatWouldDoAndHowToGetIt) {
  const policy::Catalogue catalogue = policy::Catalogue::built_in();
  const policy::Match match =
      catalogue.match(http::Method::kPut, "/api/0/organizations/acme/issues/");
  const grants::Registry registry = two_grants();
  grants::Grant& acme = *registry.find("acme");
  EXPECT_EQ(permission_of(match, acme).clearance, policy::Clearance::kNotKnown) << "no token";
  give_scopes(acme, {"org:read", "event:read"});
  const policy::Permission permission = permission_of(match, acme);
  ASSERT_EQ(permission.clearance, policy::Clearance::kLacks);
  const Problem problem = from_permission(permission, *match.endpoint, acme);
  EXPECT_EQ(problem.code, Code::kMissingScope);
  EXPECT_EQ(problem.detail,
            "PUT /api/0/organizations/{organization_id_or_slug}/issues/ takes any of event:write, "
            "event:admin; the grant acme has org:read, event:read");
  EXPECT_NE(problem.action.find("set scopes of the grant acme in the configuration to [org:read, "
                                "event:read, event:write], then run: postern login --grant acme "
                                "--import FILE;"),
            std::string::npos)
      << problem.action;
  EXPECT_EQ(problem.scopes->least, "event:write");
  EXPECT_EQ(problem.scopes->needed.size(), 2u);
  EXPECT_EQ(problem.scopes->granted.size(), 2u);
}

TEST(Refusals, HowAScopeIsObtainedIsAMatterOfTheGrantsKind) {
  grants::GrantOptions options;
  options.name = "acme";
  const auto remedy = [&](std::string_view scope, std::vector<std::string> granted = {}) {
    grants::Grant grant(options);
    give_scopes(grant, std::move(granted));
    return scope_remedy(grant, scope);
  };
  EXPECT_NE(remedy("org:ci").find("kind static"), std::string::npos);
  EXPECT_NE(remedy("event:write", {"org:ci", "org:read"}).find("to [org:read, event:write],"),
            std::string::npos)
      << "what nobody can ask for is no help";
  options.kind = grants::Kind::kIntegration;
  EXPECT_NE(remedy("event:write").find("integration"), std::string::npos);
  options.kind = grants::Kind::kStatic;
  options.token_file = "/run/token";
  EXPECT_NE(remedy("event:write", {"org:read"})
                .find("event:write into /run/token, set scopes of the grant acme to [org:read, "
                      "event:write], and"),
            std::string::npos);
}

TEST(Refusals, EachReasonOfTheLimitsHasItsCodeAndItsRetryAfter) {
  using limits::Reason;
  const auto code = [](Reason reason) {
    return from_refusal({reason, std::chrono::seconds(3)}, std::chrono::seconds(20)).code;
  };
  EXPECT_EQ(code(Reason::kRateLimited), Code::kRateLimited);
  EXPECT_EQ(code(Reason::kQueueFull), Code::kQueueFull);
  EXPECT_EQ(code(Reason::kUpstreamResting), Code::kUpstreamResting);
  EXPECT_EQ(from_refusal({Reason::kQueueFull, std::chrono::seconds(3)}, std::chrono::seconds(20))
                .retry_after,
            3);
}

}  // namespace
}  // namespace postern::relay
