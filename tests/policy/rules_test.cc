// Which calls the rules let through. What attackers do about them is in rule_attacks_test.cc.
#include "policy/rules.h"

#include <gmock/gmock.h>

#include "policy/rule.h"
#include "policy/rule_builders.h"

namespace postern::policy {
namespace {

using test::allow;
using test::compiled;
using test::deny;
using test::faults_of;
using test::rules_of;
using test::verdict;
using test::Who;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kIssue = "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/";
constexpr const char* kNotes =
    "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/comments/";

bool passes(const Rules& rules, std::string_view method, std::string_view path) {
  return test::passes(rules, method, path);
}

TEST(Rules, WithoutAnyEverythingPasses) {
  const Rules rules = compiled({});
  EXPECT_TRUE(passes(rules, "DELETE", "/api/0/organizations/acme/"));
  EXPECT_TRUE(passes(Rules(test::built_in()), "DELETE", "/api/0/organizations/acme/"));
}

TEST(Rules, ReadOnlyLetsThreeMethodsThroughAndNoRuleAnother) {
  Options options = rules_of({allow({"POST"}), allow({}, kIssue)});
  options.access = AccessMode::kReadOnly;
  const Rules rules = compiled(options);
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS"})
    EXPECT_TRUE(passes(rules, method, "/api/0/organizations/acme/issues/1/")) << method;
  for (const std::string_view method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const Verdict denied = verdict(rules, method, "/api/0/organizations/acme/issues/1/");
    EXPECT_FALSE(denied.allowed) << method;
    EXPECT_EQ(denied.by, Verdict::By::kAccess);
    EXPECT_EQ(denied.name, "policy.access");
  }
}

TEST(Rules, TheFirstThatFitsDecides) {
  const Rules rules = compiled(rules_of({
      allow({"POST"}, kNotes),
      deny({"POST", "PUT", "DELETE"}, "/api/0/organizations/{organization}/issues/*"),
      allow({"DELETE"}, kIssue),
  }));
  EXPECT_TRUE(passes(rules, "POST", "/api/0/organizations/acme/issues/1/comments/"));
  EXPECT_FALSE(passes(rules, "DELETE", "/api/0/organizations/acme/issues/1/"));
  EXPECT_TRUE(passes(rules, "GET", "/api/0/organizations/acme/issues/1/"));
  EXPECT_TRUE(passes(rules, "PUT", "/api/0/projects/acme/web/"));
}

TEST(Rules, TheDefaultDecidesWhatNoRuleDoes) {
  const Rules rules = compiled(rules_of({allow({"GET"})}, Effect::kDeny));
  EXPECT_TRUE(passes(rules, "GET", "/api/0/organizations/acme/"));
  EXPECT_TRUE(passes(rules, "HEAD", "/api/0/organizations/acme/"));
  const Verdict denied = verdict(rules, "PUT", "/api/0/organizations/acme/");
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.by, Verdict::By::kDefault);
  EXPECT_EQ(denied.name, "policy.default");
}

TEST(Rules, AreNamedByTheirNameOrTheirPlace) {
  Options options = rules_of({deny({"POST"}), deny({"PUT"})});
  options.rules[0].name = "no new things";
  const Rules rules = compiled(options);
  EXPECT_EQ(verdict(rules, "POST", "/api/0/").name, "no new things");
  EXPECT_EQ(verdict(rules, "PUT", "/api/0/").name, "policy.rules[1]");
  EXPECT_EQ(verdict(rules, "PUT", "/api/0/").by, Verdict::By::kRule);
}

TEST(Rules, ATemplateIsThatEndpointByAllItsPathsAndNoOther) {
  for (const auto& rule : {deny({}, kIssue), allow({}, kIssue)}) {
    const bool allows = rule.effect == Effect::kAllow;
    const Rules rules = compiled(rules_of({rule}, allows ? Effect::kDeny : Effect::kAllow));
    for (const std::string_view path :
         {"/api/0/organizations/acme/issues/1/", "/api/0/organizations/acme/issues/ACME-1/",
          "/api/0/organizations/acme/groups/1/", "/api/0/issues/1/", "/api/0/groups/1/",
          "/api/0/organizations/acme/issues/1"}) {
      EXPECT_EQ(passes(rules, "PUT", path), allows) << path;
    }
    for (const std::string_view path :
         {"/api/0/organizations/acme/issues/", "/api/0/organizations/acme/issues/1/hashes/",
          "/api/0/organizations/acme/", "/api/0/projects/acme/web/"}) {
      EXPECT_EQ(passes(rules, "PUT", path), !allows) << path;
    }
  }
}

TEST(Rules, AWordGoesBeforeAParameterHereToo) {
  const Rules rules = compiled(
      rules_of({deny({}, "/api/0/organizations/{organization_id_or_slug}/releases/{version}/")}));
  EXPECT_FALSE(passes(rules, "GET", "/api/0/organizations/acme/releases/1.0/"));
  EXPECT_TRUE(passes(rules, "GET", "/api/0/organizations/acme/releases/stats/"));
}

TEST(Rules, AnOperationIsOneMethodOfAnEndpoint) {
  RuleOptions rule = deny({});
  rule.operation = "startOrganizationIssueAutofix";
  const Rules rules = compiled(rules_of({rule}));
  EXPECT_FALSE(passes(rules, "POST", "/api/0/organizations/acme/issues/1/autofix/"));
  EXPECT_FALSE(passes(rules, "POST", "/api/0/issues/1/autofix/")) << "another path of the same";
  EXPECT_TRUE(passes(rules, "GET", "/api/0/organizations/acme/issues/1/autofix/"));
}

TEST(Rules, AStarHoldsWhatLiesBehindAndTheBeginningItself) {
  const Rules rules =
      compiled(rules_of({allow({}, "/api/0/organizations/acme/issues/*")}, Effect::kDeny));
  EXPECT_TRUE(passes(rules, "GET", "/api/0/organizations/acme/issues/"));
  EXPECT_TRUE(passes(rules, "GET", "/api/0/organizations/acme/issues/1/new-thing/x/"));
  EXPECT_FALSE(passes(rules, "GET", "/api/0/organizations/acme/"));
  EXPECT_FALSE(passes(rules, "GET", "/api/0/organizations/globex/issues/"));
  EXPECT_FALSE(passes(rules, "GET", "/api/0/organizations/acme/issues-stats/"));
  EXPECT_FALSE(passes(rules, "GET", "/api/0/issues/1/")) << "whose issue is not said";
}

TEST(Rules, ABeginningMayNamePathsThatTheCatalogueDoesNotKnow) {
  const Rules rules =
      compiled(rules_of({deny({}, "/api/0/organizations/{organization}/brand-new/*")}));
  EXPECT_FALSE(passes(rules, "GET", "/api/0/organizations/acme/brand-new/1/"));
  EXPECT_TRUE(passes(rules, "GET", "/api/0/organizations/acme/brand-old/1/"));
}

TEST(Rules, AnAllowedNameIsThatNameAndADeniedOneEveryNumberToo) {
  const Rules only = compiled(rules_of({allow({}, "/api/0/projects/acme/web/*")}, Effect::kDeny));
  EXPECT_TRUE(passes(only, "GET", "/api/0/projects/acme/web/keys/"));
  EXPECT_FALSE(passes(only, "GET", "/api/0/projects/acme/4500000000000001/keys/"));
  EXPECT_FALSE(passes(only, "GET", "/api/0/projects/acme/WEB/keys/"));
  const Rules not_web = compiled(rules_of({deny({}, "/api/0/projects/acme/web/*")}));
  EXPECT_FALSE(passes(not_web, "GET", "/api/0/projects/acme/web/keys/"));
  EXPECT_FALSE(passes(not_web, "GET", "/api/0/projects/acme/4500000000000001/keys/"));
  EXPECT_TRUE(passes(not_web, "GET", "/api/0/projects/acme/web2/keys/"));
  EXPECT_TRUE(passes(not_web, "GET", "/api/0/projects/globex/web/keys/"));
}

TEST(Rules, ACallerIsAListenerAndAUserAndAGrant) {
  RuleOptions rule = deny({});
  rule.listener = "agent";
  rule.uids = {1000, 1001};
  rule.grant = "acme";
  const Rules rules = compiled(rules_of({rule}));
  const auto allowed = [&](const Who& who) {
    return verdict(rules, "GET", "/api/0/", who).allowed;
  };
  EXPECT_FALSE(allowed({"agent", 1001, "acme"}));
  EXPECT_TRUE(allowed({"other", 1001, "acme"}));
  EXPECT_TRUE(allowed({"agent", 0, "acme"}));
  EXPECT_TRUE(allowed({"agent", std::nullopt, "acme"}));
  EXPECT_TRUE(allowed({"agent", 1001, "globex"}));
}

TEST(Rules, ACallerMayBeNamedByItsCertificate) {
  RuleOptions rule = deny({});
  rule.listener = "gate";
  rule.names = {"ci", "*.jobs.svc"};
  const Rules rules = compiled(rules_of({rule}));
  const auto allowed = [&](std::string_view listener, std::string_view name) {
    return verdict(rules, "GET", "/api/0/", {listener, std::nullopt, "acme", name}).allowed;
  };
  EXPECT_FALSE(allowed("gate", "ci"));
  EXPECT_FALSE(allowed("gate", "nightly.jobs.svc"));
  EXPECT_TRUE(allowed("gate", "web.shop.svc"));
  EXPECT_TRUE(allowed("gate", ""));
  EXPECT_TRUE(allowed("other", "ci"));
}

TEST(Rules, MistakesAreToldWithTheNearestName) {
  RuleOptions operation = deny({});
  operation.operation = "startOrganizationIssueAutofx";
  RuleOptions both = deny({}, kIssue);
  both.operation = "startOrganizationIssueAutofix";
  RuleOptions method_twice = deny({"POST"});
  method_twice.operation = "startOrganizationIssueAutofix";
  const std::vector<std::pair<RuleOptions, std::array<const char*, 2>>> kRows = {
      {deny({"get"}), {"0.methods: ", "did you mean GET?"}},
      {deny({"TRACE"}), {"0.methods: ", "no method"}},
      {deny({}, "/organizations/acme/*"), {"0.path: ", "/api/0/"}},
      {deny({}, "/api/0/organizations/{o}/isues/{i}/"), {"0.path: ", "did you mean /api/0/"}},
      {deny({}, "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}"),
       {"0.path: ", "issues/{issue_id}/?"}},
      {deny({}, "/api/0/organizations/acme/issues/1/"), {": write ", kIssue}},
      {deny({}, "/api/0/organizations/acme/brand-new/"), {"0.path: ", "star"}},
      {deny({}, "/api/0/organizations/*/issues/"), {"0.path: ", "star"}},
      {deny({}, "/api/0/organizations/ac*"), {"0.path: ", "star"}},
      {deny({}, "/api/0/organizations//*"), {"0.path: ", "empty segment"}},
      {deny({}, "/api/0/%69ssues/*"), {"0.path: ", "no escape"}},
      {deny({}, "/api/0/organizations/{a b}/*"), {"0.path: ", "brace"}},
      {deny({}, "/api/0/issues/17/*"), {"0.path: ", "{issue_id}"}},
      {deny({}, "/api/0/projects/acme/17/*"), {"0.path: ", "write the slug"}},
      {deny({"PATCH"}, kIssue), {"0.methods: ", "DELETE"}},
      {operation, {"0.operation: ", "did you mean startOrganizationIssueAutofix?"}},
      {both, {"0.operation: ", "one of them"}},
      {method_twice, {"0.methods: ", "leave them out"}},
  };
  for (const auto& [rule, words] : kRows) {
    const std::vector<std::string> faults = faults_of(rules_of({rule}));
    EXPECT_THAT(faults, ElementsAre(AllOf(HasSubstr(words[0]), HasSubstr(words[1]))))
        << rule.path << rule.operation;
  }
}

TEST(Rules, AllMistakesAreToldAtOnce) {
  const auto faults = faults_of(rules_of({deny({"get"}), allow({}, "/x"), deny({"PUT"})}));
  EXPECT_THAT(faults, ElementsAre(HasSubstr("0.methods"), HasSubstr("1.path")));
}

// Some of them all, for each takes its time.
TEST(Rules, TemplatesOfTheCatalogueCanBeAllowedAndDenied) {
  const auto templates = test::built_in().templates();
  for (size_t i = 0; i < templates.size(); i += 13) {
    const std::string path = test::filled(templates[i].path, "4500000000000001");
    const std::string written(templates[i].path);
    const Rules only = compiled(rules_of({allow({}, written)}, Effect::kDeny));
    EXPECT_TRUE(passes(only, "PUT", path)) << path;
    EXPECT_FALSE(passes(compiled(rules_of({deny({}, written)})), "PUT", path)) << path;
  }
}

}  // namespace
}  // namespace postern::policy
