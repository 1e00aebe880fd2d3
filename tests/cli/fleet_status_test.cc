#include "cli/fleet_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/shared_bucket.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

admin::ReplicaReport replica(const std::string& name, uint64_t generation) {
  admin::ReplicaReport report;
  report.presence.name = name;
  report.presence.pid = 1;
  report.presence.version = "1.0";
  report.presence.uptime_s = 7200;
  report.presence.ready = true;
  report.seen_at = "2026-01-01T00:00:00Z";
  report.silent_s = 2;
  report.grants = {{"acme", generation, false}};
  return report;
}

admin::FleetReport fleet() {
  admin::FleetReport report;
  report.place = "redis://r:6379";
  report.age_s = 0;
  report.replicas = {replica("web-1", 12), replica("web-2", 11)};
  report.replicas[0].is_self = true;
  report.replicas[1].grants[0].is_behind = true;
  admin::SharedGrantReport grant;
  grant.name = "acme";
  grant.state = "stored";
  grant.generation = 12;
  grant.written_s = 60;
  grant.written_by = "web-1/1";
  report.grants = {grant};
  return report;
}

TEST(FleetStatus, ARowForEachInstanceAndGrant) {
  EXPECT_EQ(fleet_table(fleet(), Style(false)),
            "2 instances at redis://r:6379; limits are each instance's own\n"
            "\n"
            "INSTANCE            STATE  LAST SEEN  UP  VERSION  GENERATIONS\n"
            "web-1/1 (this one)  ready  2s ago     2h  1.0      acme 12\n"
            "web-2/1             ready  2s ago     2h  1.0      acme 11 (behind)\n"
            "\n"
            "GRANT  STORE          WRITTEN            REFRESHING\n"
            "acme   generation 12  1m ago by web-1/1  nobody\n");
}

TEST(FleetStatus, ARowForEachLimitThatIsShared) {
  admin::FleetReport report;
  report.advice = "on its own";
  report.shares_limits = true;
  report.buckets = {postern::test::shared_bucket()};
  EXPECT_EQ(
      fleet_table(report, Style(false)),
      "on its own\n"
      "limits are shared\n"
      "\n"
      "LIMIT              CALLS       TAKEN BY ALL          BY THIS ONE  INSTANCES  SPENT BEFORE\n"
      "7, GET, sentry.io  40 each 1s  38 of 39, 400 ms ago  10           3          40, 1 "
      "rejected\n");
  report = fleet();
  report.buckets = {postern::test::shared_bucket()};
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)})
    EXPECT_THAT(text, HasSubstr("38 of 39, 400 ms ago"));
}

TEST(FleetStatus, WhileNobodyAnswersEachTakesAnEqualPart) {
  admin::FleetReport report = fleet();
  report.shares_limits = true;
  report.limits_fault = "cannot reach redis://r:6379";
  report.buckets = {postern::test::shared_bucket()};
  report.buckets[0].share->is_alone = true;
  report.buckets[0].share->part = "/issues/";
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)}) {
    EXPECT_THAT(text, HasSubstr("an equal part for each instead: cannot reach redis://r:6379"));
    EXPECT_THAT(text, HasSubstr("7, GET, sentry.io, /issues/"));
    EXPECT_THAT(text,
                testing::ContainsRegex("by this one +an equal part\n|/issues/ .*an equal part +3"));
  }
}

TEST(FleetStatus, LinesForProgramsThatReadLines) {
  const std::string text = describe(fleet());
  EXPECT_THAT(text, HasSubstr("web-1/1 (this one): ready\n"));
  EXPECT_THAT(text, HasSubstr("acme 11 (behind)\n"));
  EXPECT_THAT(text, HasSubstr("grant acme: generation 12\n"));
}

TEST(FleetStatus, SaysWhyOneIsNotReadyAndWhoIsSilent) {
  admin::FleetReport report = fleet();
  report.replicas[0].presence.ready = false;
  report.replicas[0].presence.why = "draining: is ending";
  report.replicas[1].is_overdue = true;
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)}) {
    EXPECT_THAT(text, HasSubstr("not ready"));
    EXPECT_THAT(text, HasSubstr("draining: is ending"));
    EXPECT_THAT(text, HasSubstr("silent"));
  }
}

TEST(FleetStatus, NamesWhoRefreshes) {
  admin::FleetReport report = fleet();
  report.grants[0].lease = admin::LeaseReport{"web-2/1", "", "", 3, 32};
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)})
    EXPECT_THAT(text, HasSubstr("web-2/1, for 3s now; the lease runs out in 32s unless renewed"));
}

TEST(FleetStatus, WithoutAListItSaysSoAndWhoHoldsTheLease) {
  admin::FleetReport report = fleet();
  report.place = "Secret shop/postern-grants at https://api";
  report.unlisted = admin::kUnlisted;
  report.replicas.pop_back();
  report.grants[0].lease = admin::LeaseReport{"web-2_x", "", "", 60, -12};
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)}) {
    EXPECT_THAT(text, testing::StartsWith("this instance at Secret shop/postern-grants at"));
    EXPECT_THAT(text, HasSubstr("\nthe other instances are not listed: for that"));
    EXPECT_THAT(text, HasSubstr("web-2_x, for 1m now; the lease ran out 12s ago"));
  }
}

TEST(FleetStatus, AnUnreadStoreIsSaidBeforeWhatIsKnown) {
  admin::FleetReport report = fleet();
  report.fault = "redis://r:6379 has not answered";
  report.age_s = 90;
  report.grants[0].fault = "cannot reach it";
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)}) {
    EXPECT_THAT(text,
                testing::StartsWith("the store could not be read in full: redis://r:6379 has not"));
    EXPECT_THAT(text, HasSubstr("this is what it said 1m 30s ago"));
    EXPECT_THAT(text, HasSubstr("cannot reach it"));
    EXPECT_THAT(text, HasSubstr("web-2/1"));
  }
  report.age_s.reset();
  EXPECT_THAT(describe(report), HasSubstr("nothing of it is known yet"));
}

TEST(FleetStatus, WhatIsOldIsSaidToBe) {
  admin::FleetReport report = fleet();
  report.fault = "away";
  report.age_s = 180;
  report.replicas[1].silent_s = 182;
  report.replicas[1].as_of_s = 180;
  report.grants[0].as_of_s = 200;
  EXPECT_EQ(fleet_table(report, Style(false)),
            "the store could not be read in full: away; this is what it said 3m ago\n"
            "2 instances at redis://r:6379; limits are each instance's own\n"
            "\n"
            "INSTANCE            STATE                LAST SEEN  UP  VERSION  GENERATIONS\n"
            "web-1/1 (this one)  ready                2s ago     2h  1.0      acme 12\n"
            "web-2/1             ready, as of 3m ago  3m 2s ago  2h  1.0      acme 11 (behind)\n"
            "\n"
            "GRANT  STORE                            WRITTEN            REFRESHING\n"
            "acme   generation 12, as of 3m 20s ago  1m ago by web-1/1\n");
  EXPECT_THAT(describe(report), HasSubstr("web-2/1: ready, as of 3m ago\n"));
  report.replicas[1].is_overdue = true;
  EXPECT_THAT(describe(report), HasSubstr("web-2/1: silent, as of 3m ago\n"));
}

TEST(FleetStatus, OneThatHasNoTokenHasNone) {
  admin::FleetReport report = fleet();
  report.replicas[1].grants[0] = {"acme", 0, false};
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)}) {
    EXPECT_THAT(text, HasSubstr("acme none\n"));
    EXPECT_THAT(text, Not(HasSubstr("acme 0")));
  }
}

TEST(FleetStatus, OneOnItsOwnIsToldWhatToDo) {
  admin::FleetReport report;
  report.advice = admin::kNoFleet;
  EXPECT_EQ(describe(report), fleet_table(report, Style(false)));
  EXPECT_THAT(describe(report), HasSubstr("store.kind: redis"));
}

TEST(FleetStatus, WhatOthersSayMovesNoTerminal) {
  admin::FleetReport report = fleet();
  report.shares_limits = true;
  report.buckets = {postern::test::shared_bucket()};
  for (std::string* field :
       {&report.replicas[0].presence.name, &report.replicas[0].presence.version,
        &report.replicas[0].grants[0].grant, &report.grants[0].name, &report.grants[0].written_by,
        &report.place, &report.limits_fault, &report.buckets[0].user, &report.buckets[0].host,
        &report.buckets[0].group})
    *field = "\x1b[2J\n";
  for (const std::string& text : {fleet_table(report, Style(false)), describe(report)})
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace postern::cli
