#include "admin/explanation.h"

#include <gtest/gtest.h>

#include "admin/status_report.h"

namespace postern::admin {
namespace {

relay::BucketView some_bucket() {
  relay::BucketView bucket;
  bucket.limit = 40;
  bucket.remaining = 0;
  bucket.window_s = 1;
  bucket.in_flight = 3;
  bucket.in_flight_allowed = 22;
  bucket.queued = 7;
  bucket.answers = {{"served", 9}, {"window", 2}};
  return bucket;
}

relay::Explanation some_explanation() {
  relay::Explanation explanation;
  explanation.method = "GET";
  explanation.path = "/api/0/organizations/acme/issues/";
  explanation.sent_as = "/api/0/organizations/acme/?query=slug:acme";
  explanation.endpoint.match = "endpoint";
  explanation.endpoint.operation = "List \"Issues\"";
  explanation.endpoint.path = "/api/0/organizations/{organization_id_or_slug}/issues/";
  explanation.endpoint.status = "published";
  explanation.endpoint.published = true;
  explanation.endpoint.access = "scopes";
  explanation.endpoint.scopes = {"event:read", "event:write"};
  explanation.endpoint.least_scope = "event:read";
  explanation.endpoint.accepts_dsn = true;
  explanation.endpoint.limits = "user:5/1s";
  explanation.endpoint.group = "GET";
  explanation.endpoint.route = explanation.endpoint.path;
  relay::Prospect now;
  now.grant = "acme";
  now.grant_state = "fresh";
  now.caller = "gateway/web.shop.svc";
  now.permission = "lacks";
  now.remedy = "add it";
  now.outcome = "refused";
  now.reason = "rate_limited";
  now.wait = std::chrono::milliseconds(1234);
  now.retry_after = std::chrono::seconds(2);
  now.ahead = 7;
  now.limited = true;
  now.refusal = relay::RefusalView{"rate_limited", 429, "no room", "wait"};
  now.cache = relay::CacheView{"list", std::chrono::seconds(60), std::chrono::seconds(7)};
  now.bucket = some_bucket();
  explanation.now = now;
  return explanation;
}

TEST(ExplanationDocument, IsReadAsItWasWritten) {
  const relay::Explanation explanation = some_explanation();
  const auto read = parse_explanation(format_explanation(explanation));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(format_explanation(*read), format_explanation(explanation));
  EXPECT_EQ(read->sent_as, explanation.sent_as);
  EXPECT_EQ(read->endpoint.operation, explanation.endpoint.operation);
  EXPECT_EQ(read->endpoint.scopes, explanation.endpoint.scopes);
  EXPECT_TRUE(read->endpoint.accepts_dsn);
  EXPECT_EQ(read->endpoint.least_scope, "event:read");
  EXPECT_EQ(read->now.permission, "lacks");
  EXPECT_EQ(read->now.remedy, "add it");
  EXPECT_TRUE(read->live);
  EXPECT_EQ(read->now.cache->kind, "list");
  EXPECT_EQ(read->now.cache->lifetime, std::chrono::seconds(60));
  EXPECT_EQ(read->now.cache->age, std::chrono::seconds(7));
  EXPECT_EQ(read->now.refusal->code, "rate_limited");
  EXPECT_EQ(read->now.refusal->status, 429);
  EXPECT_EQ(read->now.refusal->detail + read->now.refusal->action, "no roomwait");
  EXPECT_EQ(read->now.wait, std::chrono::milliseconds(1234));
  EXPECT_EQ(read->now.retry_after, std::chrono::seconds(2));
  EXPECT_EQ(read->now.bucket->limit, 40);
  EXPECT_EQ(read->now.bucket->remaining, 0);
  EXPECT_FALSE(read->now.bucket->concurrent_limit);
  EXPECT_EQ(read->now.bucket->answers, explanation.now.bucket->answers);
}

TEST(ExplanationDocument, WhatIsNotKnownIsNull) {
  relay::Explanation explanation = some_explanation();
  explanation.now.bucket.reset();
  explanation.now.reason.clear();
  const std::string with = format_explanation(explanation);
  EXPECT_NE(with.find("\"bucket\": null"), std::string::npos) << with;
  EXPECT_NE(with.find("\"reason\": null"), std::string::npos) << with;
  EXPECT_FALSE(parse_explanation(with)->now.bucket);
  explanation.live = false;
  explanation.now.grant_state.clear();
  explanation.now.refusal.reset();
  const std::string stored = format_explanation(explanation);
  EXPECT_NE(stored.find("\"grant_state\": null"), std::string::npos) << stored;
  EXPECT_NE(stored.find("\"refusal\": null"), std::string::npos) << stored;
  EXPECT_FALSE(parse_explanation(stored)->live);
}

TEST(ExplanationDocument, OfAnotherProgramIsRefused) {
  for (const std::string_view text : {"", "[]", "{}", R"({"endpoint": {}})", "<html>"})
    EXPECT_FALSE(parse_explanation(text)) << text;
  EXPECT_TRUE(parse_explanation(R"({"endpoint": 5, "now": [1]})")) << "odd values are left out";
}

TEST(StatusDocument, TellsTheBuckets) {
  StatusReport report;
  report.running = true;
  relay::BucketView bucket = some_bucket();
  bucket.user = "user 7";
  bucket.host = "sentry.io";
  bucket.group = "GET";
  bucket.routes = {"/api/0/a/", "/api/0/b/"};
  bucket.routes_left_off = 3;
  bucket.oldest_wait = std::chrono::milliseconds(250);
  bucket.refusals = 4;
  report.limits = {bucket};
  const auto read = parse_status(format_status(report));
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->limits.size(), 1u);
  EXPECT_EQ(format_status(*read), format_status(report));
  EXPECT_EQ(read->limits[0].routes, bucket.routes);
  EXPECT_EQ(read->limits[0].routes_left_off, 3u);
  EXPECT_EQ(read->limits[0].oldest_wait, bucket.oldest_wait);
  EXPECT_EQ(read->limits[0].refusals, 4u);
  EXPECT_EQ(read->limits[0].answers.at("window"), 2u);
}

}  // namespace
}  // namespace postern::admin
