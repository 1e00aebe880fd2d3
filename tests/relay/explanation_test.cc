// What a request that is only asked about is told, beside what the same request then meets.
#include "relay/explanation.h"

#include "relay/limits_fixture.h"

namespace postern::relay {
namespace {

class ExplanationTest : public LimitsTest {
 protected:
  static constexpr std::string_view kIssues = "/api/0/organizations/acme/issues/";

  Explanation explain(std::string_view path = kIssues, std::string_view method = "GET",
                      std::string_view grant = "") {
    if (relay_ == nullptr) make_relay();
    const auto explanation = relay_->explain({method, path, grant});
    if (explanation) return *explanation;
    ADD_FAILURE() << explanation.error().detail;
    return {};
  }

  std::string_view refusal(const Question& question) {
    if (relay_ == nullptr) make_relay();
    const auto explanation = relay_->explain(question);
    return explanation ? "none" : name(explanation.error().code);
  }

  // What was told is what the request then meets: its code and status, and each word.
  void expect_foretold(std::string_view path, std::string_view method = "GET") {
    set_target(path);
    this->method(http::parse_method(method), method);
    caller_.grant_ceiling = "acme";
    if (relay_ == nullptr) make_relay();
    const auto explanation = relay_->explain({method, path, "", "", "acme"});
    ASSERT_TRUE(explanation && explanation->now.refusal) << path;
    const Prospect& now = explanation->now;
    EXPECT_EQ(now.outcome, "refused");
    const User& user = ask();
    EXPECT_EQ(user.client.status, now.refusal->status);
    for (const std::string& part : {now.refusal->code, now.refusal->detail, now.refusal->action})
      EXPECT_TRUE(user.said(part)) << part << "\n" << user.client.body;
  }
};

TEST_F(ExplanationTest, NamesTheEndpointAndWhatItTakes) {
  const EndpointView view = explain().endpoint;
  EXPECT_EQ(view.match, "endpoint");
  EXPECT_EQ(view.path, "/api/0/organizations/{organization_id_or_slug}/issues/");
  EXPECT_TRUE(view.published);
  EXPECT_EQ(view.access, "scopes");
  EXPECT_EQ(view.scopes.front(), "event:read");
  EXPECT_EQ(view.group, "GET");
  EXPECT_EQ(view.route, view.path);
  EXPECT_FALSE(view.operation.empty());
}

TEST_F(ExplanationTest, SaysWhyThereIsNoEndpoint) {
  EXPECT_EQ(explain("/api/0/organizations/acme/issues").endpoint.match, "missing_slash");
  EXPECT_EQ(explain("/api/0/organizations/acme/new/").endpoint.match, "unknown");
  EXPECT_EQ(explain("/api/0/organizations/acme/new/").endpoint.group, "GET unlisted");
  EXPECT_EQ(explain("/api/0/organizations/acme/new/").endpoint.route,
            "/api/0/organizations/{organization_id_or_slug}/*");
  EXPECT_EQ(explain(kIssues, "PATCH").endpoint.match, "other_method");
  options_.policy.organization_pinning = false;
  make_relay();
  EXPECT_EQ(explain("/api/0/api-tokens/", "POST", "acme").endpoint.access, "session");
}

TEST_F(ExplanationTest, BeforeTheFirstCallNothingIsKnownAndItGoes) {
  const Explanation explanation = explain();
  EXPECT_EQ(explanation.now.grant, "acme");
  EXPECT_EQ(explanation.now.grant_state, "fresh");
  EXPECT_EQ(explanation.now.outcome, "goes");
  EXPECT_FALSE(explanation.now.bucket);
}

TEST_F(ExplanationTest, TellsTheBucketAsAnswersHaveShownIt) {
  set_target(kIssues);
  ask();
  reply(0, 200, "", window_fields("12", "5001"));
  ask();
  const Prospect now = explain().now;
  EXPECT_EQ(now.outcome, "goes");
  ASSERT_TRUE(now.bucket);
  EXPECT_EQ(now.bucket->limit, 40);
  EXPECT_EQ(now.bucket->remaining, 12);
  EXPECT_EQ(now.bucket->in_flight, 1);
  EXPECT_EQ(now.bucket->answers.at("served"), 1u);
}

TEST_F(ExplanationTest, SaysThatItWouldWaitWhyAndBehindWhom) {
  one_at_a_time();
  set_target(kIssues);
  ask();
  ask();
  ask();
  const Prospect now = explain().now;
  EXPECT_EQ(now.outcome, "waits");
  EXPECT_EQ(now.reason, "in_flight");
  EXPECT_EQ(now.ahead, 1u) << "the caller that has two waiting comes once before";
  EXPECT_EQ(now.bucket->queued, 2u);
}

TEST_F(ExplanationTest, ForetellsTheRefusalThatTheRequestThenGets) {
  options_.limits.max_wait = 2s;
  set_target(kIssues);
  http::Failure refused;
  refused.kind = http::FailKind::kUnreachable;
  refused.detail = "refused";
  for (size_t call = 0; call < 5; ++call) {
    ask();
    fail(call, refused);
  }
  const Prospect now = explain().now;
  EXPECT_EQ(now.outcome, "refused");
  EXPECT_EQ(now.reason, "upstream_resting");
  EXPECT_GT(now.retry_after, Duration::zero());
  EXPECT_TRUE(ask().said("upstream_resting"));
}

TEST_F(ExplanationTest, ForetellsThatThereIsNoRoomInTime) {
  options_.limits.max_wait = 2s;
  set_target(kIssues);
  ask();
  reply(0, 200, "", window_fields("0", "5030"));
  const Prospect now = explain().now;
  User& same = ask();
  EXPECT_EQ(now.outcome == "refused", same.said("rate_limited")) << now.outcome;
  EXPECT_EQ(now.outcome == "waits", same.client.status == 0) << now.outcome;
  EXPECT_NE(now.outcome, "goes");
}

TEST_F(ExplanationTest, AGrantWithoutATokenRefusesWhateverTheLimits) {
  set_target("/api/0/organizations/globex/issues/");
  const Prospect now = explain("/api/0/organizations/globex/issues/").now;
  EXPECT_EQ(now.grant, "globex");
  EXPECT_EQ(now.outcome, "refused");
  EXPECT_EQ(now.reason, "grant_missing");
  EXPECT_TRUE(ask().said("grant_missing"));
}

TEST_F(ExplanationTest, RefusesWhatTheRequestWouldBeRefusedFor) {
  EXPECT_EQ(refusal({"FETCH", kIssues, ""}), "bad_request");
  EXPECT_EQ(refusal({"GET", "/oauth/token/", "acme"}), "not_an_api_path");
  EXPECT_EQ(refusal({"GET", "/api/0/a//b/", "acme"}), "bad_request");
  EXPECT_EQ(refusal({"GET", "/api/0/projects/", ""}), "ambiguous_grant");
  EXPECT_EQ(refusal({"GET", "/api/0/projects/", "nobody"}), "unknown_grant");
}

TEST_F(ExplanationTest, TheRefusalOfAPathIsToldWordForWord) {
  options_.policy.access = policy::AccessMode::kReadOnly;
  expect_foretold("/api/0/organizations/another/issues/");
  expect_foretold("/api/0/broadcasts/");
  expect_foretold("/api/0/sentry-apps/", "POST");
  expect_foretold(kIssues, "DELETE");
}

TEST_F(ExplanationTest, WhatCannotBePinnedIsAnExplanationToo) {
  const Explanation explanation = explain("/api/0/broadcasts/", "GET", "acme");
  EXPECT_EQ(explanation.endpoint.match, "endpoint");
  EXPECT_EQ(explanation.now.grant, "acme");
  EXPECT_EQ(explanation.now.reason, "unpinnable");
  ASSERT_TRUE(explanation.now.refusal);
  EXPECT_EQ(explanation.now.refusal->status, 403);
  EXPECT_NE(explanation.now.refusal->action.find("policy.unpinned"), std::string::npos);
  EXPECT_EQ(explain(kIssues, "GET", "globex").now.reason, "wrong_organization");
}

TEST_F(ExplanationTest, AGrantThatTheListenerDoesNotServeIsRefused) {
  EXPECT_EQ(refusal({"GET", kIssues, "acme", "", "globex"}), "grant_not_allowed_here");
  EXPECT_EQ(refusal({"GET", "/api/0/projects/", "", "", "globex"}), "none");
  const auto explanation = relay_->explain({"GET", kIssues, "", "", "globex"});
  ASSERT_TRUE(explanation);
  EXPECT_EQ(explanation->now.grant, "globex");
  EXPECT_EQ(explanation->now.reason, "wrong_organization");
}

TEST_F(ExplanationTest, AnEventByADsnIsToldWhatTheSettingMakesOfIt) {
  const Explanation refused = explain("/api/42/envelope/", "POST");
  EXPECT_EQ(refused.endpoint.match, "ingest");
  ASSERT_TRUE(refused.now.refusal);
  EXPECT_EQ(refused.now.refusal->code, "not_an_api_path");
  EXPECT_NE(refused.now.refusal->action.find("sentry.ingest: pass"), std::string::npos);
  options_.ingest = Ingest::kPass;
  make_relay();
  EXPECT_EQ(explain("/api/42/envelope/", "POST").now.outcome, "goes");
}

TEST_F(ExplanationTest, WhoIsAskedAboutIsJudgedAndTakesTurnsAsHisCertificateSays) {
  policy::RuleOptions& rule = options_.policy.rules.emplace_back();
  rule.name = "jobs";
  rule.names = {"*.jobs.svc"};
  make_relay();
  Question question{"GET", kIssues, "", "gate"};
  EXPECT_EQ(relay_->explain(question)->now.caller, "");
  EXPECT_EQ(relay_->explain(question)->now.policy->by, "policy.default");
  question.name = "a.jobs.svc";
  EXPECT_EQ(relay_->explain(question)->now.caller, "gate/a.jobs.svc");
  EXPECT_EQ(relay_->explain(question)->now.policy->by, "jobs");
  EXPECT_EQ(relay_->explain(question)->now.reason, "policy_denied");
  question.name = {};
  question.uid = 7;
  EXPECT_EQ(relay_->explain(question)->now.caller, "gate uid 7");
}

TEST_F(ExplanationTest, AskingLeavesNoTrace) {
  for (int i = 0; i < 300; ++i)
    explain("/api/0/organizations/acme/w" + std::string(static_cast<size_t>(i), 'x') + "/");
  EXPECT_TRUE(relay_->buckets(100).empty());
  EXPECT_EQ(relay_->counters().requests, 0u);
  set_target("/api/0/organizations/acme/new/");
  ask();
  EXPECT_EQ(relay_->buckets(100).at(0).routes.at(0),
            "/api/0/organizations/{organization_id_or_slug}/new/")
      << "there is still room for names";
}

TEST_F(ExplanationTest, WithLimitsOffItGoesAndThereAreNoBuckets) {
  options_.limited = false;
  const Prospect now = explain().now;
  EXPECT_EQ(now.outcome, "goes");
  EXPECT_FALSE(now.limited);
  EXPECT_TRUE(relay_->buckets(100).empty());
}

TEST_F(ExplanationTest, BucketsAreTheMostRecentlyUsedFirstAndBounded) {
  set_target(kIssues);
  ask();
  method(http::Method::kDelete, "DELETE");
  ask();
  const std::vector<BucketView> buckets = relay_->buckets(100);
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_EQ(buckets[0].group, "DELETE");
  EXPECT_EQ(buckets[1].group, "GET");
  EXPECT_EQ(buckets[1].host, "sentry.example");
  EXPECT_FALSE(buckets[1].user.empty());
  EXPECT_EQ(buckets[1].in_flight, 1);
  EXPECT_EQ(relay_->buckets(1).size(), 1u);
}

TEST(BucketView, RoutesAreBounded) {
  limits::BucketReport report;
  for (size_t i = 0; i < BucketView::kMostRoutes + 5; ++i) report.routes.push_back("/r/");
  EXPECT_EQ(view_of(report).routes.size(), BucketView::kMostRoutes);
  EXPECT_EQ(view_of(report).routes_left_off, 5u);
}

}  // namespace
}  // namespace postern::relay
