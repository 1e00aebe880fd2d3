// The operator's rules on the way of a request, and in what is said about one.
#include "relay/exchange_fixture.h"

namespace postern::relay {
namespace {

class RulesTest : public ExchangeTest {
 protected:
  RulesTest() {
    policy::RuleOptions rule;
    rule.name = "no deletes";
    rule.methods = {"DELETE"};
    rule.listener = "agent";
    options_.policy.rules.push_back(rule);
    caller_.listener_name = "agent";
    set_method(http::Method::kDelete);
  }

  void set_method(http::Method method) {
    head_.method = method;
    head_.method_text = http::to_string(method);
  }
};

TEST_F(RulesTest, WhatARuleDeniesGetsAProblemThatNamesIt) {
  begin();
  EXPECT_TRUE(upstream_.calls.empty());
  EXPECT_EQ(client_.status, 403);
  EXPECT_NE(client_.body.find("\"policy_denied\""), std::string::npos);
  EXPECT_NE(client_.body.find("the rule no deletes denies DELETE of /api/0/organizations/"),
            std::string::npos);
  const std::string log = finished_log();
  EXPECT_NE(log.find("code=policy_denied"), std::string::npos) << log;
  EXPECT_NE(log.find("reason=\"no deletes\""), std::string::npos) << log;
}

TEST_F(RulesTest, WhatNoneDeniesIsSent) {
  set_method(http::Method::kGet);
  begin();
  EXPECT_EQ(upstream_.calls.size(), 1u);
}

TEST_F(RulesTest, AnotherListenersCallerIsNotMeant) {
  caller_.listener_name = "ci";
  begin();
  EXPECT_EQ(upstream_.calls.size(), 1u);
}

TEST_F(RulesTest, InADryRunItIsLoggedAndSent) {
  options_.policy.dry_run = true;
  begin();
  EXPECT_EQ(upstream_.calls.size(), 1u);
  const std::string log = finished_log();
  EXPECT_NE(log.find("policy_would_deny"), std::string::npos) << log;
  EXPECT_NE(log.find("rule=\"no deletes\""), std::string::npos) << log;
}

TEST_F(RulesTest, AnExplanationNamesTheRuleThatDecides) {
  make_relay();
  const auto explain = [&](std::string_view method, std::string_view listener) {
    return relay_->explain({method, "/api/0/organizations/acme/", "acme", listener})->now;
  };
  const Prospect denied = explain("DELETE", "agent");
  EXPECT_EQ(denied.outcome, "refused");
  EXPECT_EQ(denied.reason, "policy_denied");
  EXPECT_FALSE(denied.policy->allowed);
  EXPECT_EQ(denied.policy->by, "no deletes");
  EXPECT_EQ(explain("DELETE", "ci").policy->by, "policy.default");
  EXPECT_EQ(explain("DELETE", "ci").outcome, "goes");
}

TEST_F(RulesTest, AnExplanationTakesTheCallersUserIntoAccount) {
  options_.policy.rules = {{"mine", policy::Effect::kDeny, {}, "", "", "agent", {7}, {}, ""}};
  make_relay();
  const auto rule_for = [&](std::optional<uint32_t> uid) {
    return relay_->explain({"GET", "/api/0/organizations/acme/", "acme", "agent", {}, uid})
        ->now.policy->by;
  };
  EXPECT_EQ(rule_for(7), "mine");
  EXPECT_EQ(rule_for(8), "policy.default");
  EXPECT_EQ(rule_for({}), "policy.default");
}

TEST_F(RulesTest, WithoutRestrictionsAnExplanationSaysNothingOfThem) {
  options_.policy = {};
  make_relay();
  EXPECT_FALSE(relay_->explain({"GET", "/api/0/organizations/acme/", "acme"})->now.policy);
}

TEST_F(RulesTest, TheAccessLineSaysWhatTheTableKnows) {
  set_method(http::Method::kGet);
  set_target("/api/0/organizations/acme/brand-new/1/");
  begin();
  const std::string log = finished_log();
  EXPECT_NE(log.find("match=unknown"), std::string::npos) << log;
  EXPECT_NE(log.find("route=/api/0/organizations/{organization_id_or_slug}/brand-new/*/"),
            std::string::npos)
      << log;
}

}  // namespace
}  // namespace postern::relay
