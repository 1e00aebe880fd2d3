#include "admin/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

StatusReport with(const GrantReport& grant) {
  StatusReport report;
  report.grants.push_back(grant);
  return report;
}

GrantReport good() {
  GrantReport grant;
  grant.name = "acme";
  grant.state = "fresh";
  grant.usable = true;
  return grant;
}

Response ready(const StatusReport& report, std::string_view query = "") {
  return format_checks("readyz", readiness(report), query);
}

TEST(Readiness, IsThereWhenEachRequiredGrantIsUsable) {
  EXPECT_EQ(ready(with(good())).status, 200);
  EXPECT_EQ(ready(with(good())).body, "ok\n");
}

TEST(Readiness, AMissingTokenIsNamedWithItsRemedy) {
  GrantReport grant = good();
  grant.usable = false;
  grant.last_error = "run: postern login --grant acme";
  const Response response = ready(with(grant));
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("[-]grant acme: run: postern login --grant acme\n"));
}

TEST(Readiness, AGrantThatIsNotRequiredDoesNotCount) {
  GrantReport grant = good();
  grant.usable = false;
  grant.required = false;
  EXPECT_EQ(ready(with(grant)).status, 200);
}

TEST(Readiness, APairThatIsNotStoredMayBeLostWithTheProcess) {
  GrantReport grant = good();
  grant.stored = false;
  grant.last_error = "the new pair of tokens cannot be stored: disk full";
  EXPECT_THAT(ready(with(grant)).body, HasSubstr("disk full"));
  EXPECT_EQ(ready(with(grant)).status, 503);
}

TEST(Readiness, EndsWithDraining) {
  StatusReport report = with(good());
  report.draining = true;
  EXPECT_EQ(ready(report).status, 503);
}

TEST(Readiness, AStoreThatTakesNothingWouldLoseTheNextToken) {
  StatusReport report = with(good());
  report.store_fault = "cannot write /var/lib/postern: no space left";
  EXPECT_EQ(ready(report).status, 503);
  EXPECT_THAT(ready(report).body, HasSubstr("[-]store: cannot write /var/lib/postern"));
}

TEST(Readiness, DoesNotEndWithAStoreThatAllShare) {
  StatusReport report = with(good());
  report.store_is_shared = true;
  report.store_fault = "redis://r:6379 does not answer";
  report.grants[0].stored = false;
  EXPECT_EQ(ready(report).status, 200);
  report.grants[0].usable = false;
  EXPECT_EQ(ready(report).status, 503);
}

Response live(const Vitals& vitals, std::string_view query = "") {
  return format_checks("livez", liveness(vitals), query);
}

TEST(Liveness, IsThereWhenTheLoopTurnsAndNothingIsLeaked) {
  const Vitals vitals{{}, 2, 2, 1};
  EXPECT_EQ(live(vitals).body, "ok\n");
  EXPECT_EQ(live(vitals, "verbose").body,
            "[+]loop ok\n[+]limits ok\n[+]connections ok\nlivez passed\n");
}

TEST(Liveness, ALongStallIsRememberedForAMinute) {
  using namespace std::chrono_literals;
  Vitals vitals;
  vitals.stalls = {1, 12s, 12s, 30s};
  EXPECT_EQ(live(vitals).status, 503);
  EXPECT_THAT(live(vitals).body, HasSubstr("[-]loop: stood still for 12 s, 30 s ago"));
  vitals.stalls.last_seen = 61s;
  EXPECT_EQ(live(vitals).status, 200);
}

TEST(Liveness, WhatNoRequestHoldsAnyMoreIsLeaked) {
  EXPECT_THAT(live({{}, 1, 2, 0}).body, HasSubstr("[-]limits: 2 held by 1 requests"));
  EXPECT_THAT(live({{}, 0, 0, 1}).body, HasSubstr("[-]connections: 1 held by 0 requests"));
}

TEST(Checks, AreListedWhenAskedFor) {
  EXPECT_THAT(ready(with(good()), "verbose").body,
              HasSubstr("[+]draining ok\n[+]grant acme ok\n[+]store ok\nreadyz passed\n"));
  EXPECT_THAT(ready(with(good()), "verbosely").body, Not(HasSubstr("[+]")));
}

}  // namespace
}  // namespace postern::admin
