#include "admin/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::admin {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string written(const MetricsSnapshot& snapshot) {
  return format_metrics(snapshot, {});
}

MetricsSnapshot with_a_request() {
  MetricsSnapshot snapshot;
  snapshot.requests.grants = {"acme"};
  snapshot.requests.routes = {"/api/0/projects/"};
  snapshot.requests.requests.push_back({0, 0, 200, http::Method::kGet, false, 7});
  return snapshot;
}

TEST(MetricsText, ARequestHasAllItsLabels) {
  EXPECT_THAT(written(with_a_request()),
              HasSubstr("postern_requests_total{grant=\"acme\",route=\"/api/0/projects/\","
                        "method=\"GET\",code=\"200\",origin=\"sentry\"} 7\n"));
}

TEST(MetricsText, AHistogramIsCumulative) {
  MetricsSnapshot snapshot = with_a_request();
  RequestFigures::Times times;
  times.total.add(1ms);
  times.total.add(7ms);
  times.total.add(10min);
  snapshot.requests.times.push_back(times);
  const std::string text = written(snapshot);
  const std::string name = "postern_request_duration_seconds";
  const std::string labels = "{grant=\"acme\",route=\"/api/0/projects/\"";
  EXPECT_THAT(text, HasSubstr("# TYPE " + name + " histogram\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"90\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "_count" + labels + "} 3\n"));
}

TEST(MetricsText, WhatANameHoldsCannotBreakALine) {
  MetricsSnapshot snapshot;
  snapshot.grants.push_back({});
  snapshot.grants.back().name = "a\"b\\c\nd";
  EXPECT_THAT(written(snapshot), HasSubstr("postern_grant_usable{grant=\"a\\\"b\\\\c\\nd\"} 0\n"));
}

TEST(MetricsText, AGrantIsInOneState) {
  MetricsSnapshot snapshot;
  GrantFigures grant;
  grant.name = "acme";
  grant.state = grants::GrantState::kFresh;
  grant.expires_in_s = -3;
  snapshot.grants.push_back(grant);
  const std::string text = written(snapshot);
  EXPECT_THAT(text, HasSubstr("postern_grant_state{grant=\"acme\",state=\"fresh\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("postern_grant_state{grant=\"acme\",state=\"revoked\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("postern_grant_token_expiry_seconds{grant=\"acme\"} -3\n"));
}

TEST(MetricsText, ACertificateIsToldUntilItExpiresAndAfter) {
  MetricsSnapshot snapshot;
  snapshot.certificates.push_back({"0.0.0.0:7979", -3, true, {5, 4, 3}});
  const std::string text = written(snapshot);
  EXPECT_THAT(text,
              HasSubstr("postern_certificate_expiry_seconds{listener=\"0.0.0.0:7979\"} -3\n"));
  EXPECT_THAT(text, HasSubstr("postern_certificate_fault{listener=\"0.0.0.0:7979\"} 1\n"));
  for (const char* part : {"kind=\"full\"} 5\n", "kind=\"resumed\"} 4\n", "kind=\"failed\"} 3\n"})
    EXPECT_THAT(text, HasSubstr(std::string("listener=\"0.0.0.0:7979\",") + part));
  EXPECT_EQ(written({}).find("postern_certificate"), std::string::npos);
}

TEST(MetricsText, AnAuthorityOfCallersIsToldWhereThereIsOne) {
  MetricsSnapshot snapshot;
  snapshot.certificates.push_back({"0.0.0.0:7979", 90, false, {}});
  EXPECT_EQ(written(snapshot).find("postern_client_ca_expiry_seconds{"), std::string::npos);
  snapshot.certificates.push_back({"0.0.0.0:7980", 90, false, {}, -5});
  EXPECT_THAT(written(snapshot),
              HasSubstr("postern_client_ca_expiry_seconds{listener=\"0.0.0.0:7980\"} -5\n"));
}

TEST(MetricsText, TheConfigurationIsAsTheLastLoadLeftIt) {
  MetricsSnapshot snapshot;
  snapshot.configuration = {3, "2026-11-25T12:00:00Z", 2, "p.yaml:1:1: …", {"listen", "grants"}};
  const std::string text = written(snapshot);
  EXPECT_THAT(text, HasSubstr("postern_configuration_loads_total{outcome=\"loaded\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("postern_configuration_loads_total{outcome=\"refused\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("postern_configuration_fault 1\n"));
  EXPECT_THAT(text, HasSubstr("postern_configuration_needs_restart 2\n"));
  EXPECT_THAT(written({}), HasSubstr("postern_configuration_fault 0\n"));
}

TEST(MetricsText, WhatIsNotKnownOfABucketIsLeftOut) {
  MetricsSnapshot snapshot;
  snapshot.buckets.push_back({"user 7", "sentry.io", "GET", 0, {}, 2, 0});
  const std::string text = written(snapshot);
  const std::string labels = "{user=\"user 7\",host=\"sentry.io\",group=\"GET\",bucket=\"0\"}";
  EXPECT_THAT(text, HasSubstr("postern_bucket_queued" + labels + " 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("postern_bucket_limit")));
}

TEST(MetricsText, HandshakesAreFullOrResumed) {
  MetricsSnapshot snapshot;
  PoolFigures pool;
  pool.upstream = "https://sentry.io";
  pool.status.counters.connected = 5;
  pool.status.counters.resumed = 4;
  snapshot.pools.push_back(pool);
  const std::string labels = "{upstream=\"https://sentry.io\",purpose=\"requests\",kind=\"";
  const std::string name = "postern_upstream_handshakes_total";
  EXPECT_THAT(written(snapshot), HasSubstr(name + labels + "full\"} 1\n"));
  EXPECT_THAT(written(snapshot), HasSubstr(name + labels + "resumed\"} 4\n"));
  EXPECT_THAT(written(snapshot), Not(HasSubstr("postern_upstream_protocol{")));
  snapshot.pools[0].status.counters.tls = "TLSv1.3";
  EXPECT_THAT(written(snapshot), HasSubstr("tls=\"TLSv1.3\",http=\"1.1\"} 1\n"));
}

TEST(MetricsText, TheCacheIsThereWhenItIsOn) {
  MetricsSnapshot snapshot;
  EXPECT_THAT(written(snapshot), Not(HasSubstr("postern_cache")));
  snapshot.cache = CacheReport{100, 1000, 2, 7, 0, 3, 0};
  EXPECT_THAT(written(snapshot), HasSubstr("postern_cache_bytes 100\n"));
  EXPECT_THAT(written(snapshot), HasSubstr("postern_cache_requests_total{outcome=\"hit\"} 7\n"));
}

TEST(MetricsText, SharedLimitsAreThereWhenTheyAre) {
  MetricsSnapshot snapshot;
  EXPECT_THAT(written(snapshot), Not(HasSubstr("postern_limits_share")));
  snapshot.share = ShareReport{3, "", 7, 2, 1};
  EXPECT_THAT(written(snapshot), HasSubstr("postern_limits_shared 1\n"));
  EXPECT_THAT(written(snapshot), HasSubstr("postern_limits_share_replicas 3\n"));
  EXPECT_THAT(written(snapshot),
              HasSubstr("postern_limits_share_questions_total{outcome=\"late\"} 2\n"));
  snapshot.share->fault = "cannot reach redis://r";
  EXPECT_THAT(written(snapshot), HasSubstr("postern_limits_shared 0\n"));
}

}  // namespace
}  // namespace postern::admin
