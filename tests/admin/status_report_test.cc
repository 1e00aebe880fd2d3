#include "admin/status_report.h"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

TEST(StatusDocument, IsReadAsItWasWritten) {
  GrantReport grant;
  grant.name = "acme";
  grant.kind = "oauth";
  grant.state = "fresh";
  grant.usable = true;
  grant.required = false;
  grant.organization = "acme";
  grant.organization_id = "17";
  grant.user_id = "3";
  grant.user_name = "Ann \"A\" O'Neil";
  grant.user_email = "ann@acme.example";
  grant.scopes = {"org:read", "event:read"};
  grant.expires_at = "2026-11-25T12:00:00Z";
  grant.expires_in_s = -4;
  grant.generation = 9;
  grant.refreshes = 2;
  grant.stored = false;
  grant.needs_person = true;
  grant.last_error = "it\nbroke";
  StatusReport report;
  report.running = true;
  report.version = "0.1.0";
  report.pid = 42;
  report.uptime_s = 7;
  report.ready = true;
  report.draining = true;
  report.log_level = "debug";
  report.configuration = {3, "2026-11-25T12:00:00Z", 2, "p.yaml:1:1: log.level: \"x\"", {"listen"}};
  report.listen = {"127.0.0.1:7979", "unix:/run/postern.sock"};
  report.grants = {grant};
  report.cache = CacheReport{1, 2, 3, 4, 5, 6, 7};
  report.share = ShareReport{3, "cannot reach redis://r", 4, 5, 6};
  report.upstreams = {{"https://sentry.io", true, 1, 2, 3, 4, 5, 6, 7}};
  report.certificates = {{"0.0.0.0:7979",
                          "/tls.crt",
                          {"a.example", "10.0.0.1"},
                          "2026-11-25T12:00:00Z",
                          -7,
                          "2027-01-01T00:00:00Z",
                          99,
                          "2026-11-24T12:00:00Z",
                          "cannot read /tls.crt"}};

  const auto read = parse_status(format_status(report));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(format_status(*read), format_status(report));
  EXPECT_EQ(read->listen, report.listen);
  EXPECT_EQ(read->cache->max_bytes, 2U);
  EXPECT_EQ(read->cache->bypasses, 7U);
  EXPECT_EQ(read->share->replicas, 3U);
  EXPECT_EQ(read->share->fault, "cannot reach redis://r");
  EXPECT_EQ(read->share->failed, 6U);
  ASSERT_EQ(read->upstreams.size(), 1U);
  EXPECT_TRUE(read->upstreams[0].for_tokens);
  EXPECT_EQ(read->upstreams[0].connect_failures, 7U);
  ASSERT_EQ(read->certificates.size(), 1U);
  EXPECT_EQ(read->certificates[0].names, report.certificates[0].names);
  EXPECT_EQ(read->certificates[0].expires_in_s, -7);
  EXPECT_EQ(read->certificates[0].callers_expire_in_s, 99);
  EXPECT_EQ(read->certificates[0].fault, "cannot read /tls.crt");
  EXPECT_EQ(read->log_level, "debug");
  EXPECT_EQ(read->configuration.fault, report.configuration.fault);
  EXPECT_EQ(read->configuration.need_restart, report.configuration.need_restart);
  ASSERT_EQ(read->grants.size(), 1U);
  EXPECT_EQ(read->grants[0].user_name, grant.user_name);
  EXPECT_EQ(read->grants[0].expires_in_s, -4);
  EXPECT_EQ(read->grants[0].last_error, grant.last_error);
  EXPECT_EQ(read->grants[0].scopes, grant.scopes);
  EXPECT_FALSE(read->grants[0].stored);
  EXPECT_TRUE(read->grants[0].usable);
}

TEST(StatusDocument, OfAnotherProgramIsRefused) {
  for (std::string_view text : {"", "[]", "{}", R"({"grants": 5})", "<html>"})
    EXPECT_FALSE(parse_status(text)) << text;
}

TEST(StatusDocument, SurvivesOddValues) {
  const auto read = parse_status(R"({"pid": "x", "grants": [7, {"name": 5, "scopes": [1, "a"]}]})");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->grants.size(), 1U);
  EXPECT_EQ(read->grants[0].scopes, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace postern::admin
