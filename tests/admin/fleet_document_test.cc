#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "admin/fleet_report.h"
#include "support/shared_bucket.h"

namespace postern::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Presence presence() {
  Presence presence;
  presence.name = "web-1";
  presence.pid = 17;
  presence.version = "1.2";
  presence.uptime_s = 90;
  presence.ready = false;
  presence.why = "grant acme: no usable token";
  presence.shares_limits = true;
  presence.generations = {{"acme", 12}, {"globex", 3}};
  return presence;
}

FleetReport fleet() {
  FleetReport report;
  report.place = "redis://r:6379";
  report.read_at = "2026-01-01T00:00:00Z";
  report.age_s = 0;
  ReplicaReport replica;
  replica.id = "abc";
  replica.presence = presence();
  replica.presence.ready = true;
  replica.is_self = true;
  replica.seen_at = "2026-01-01T00:00:00Z";
  replica.grants = {{"acme", 12, false}};
  report.replicas = {replica};
  SharedGrantReport grant;
  grant.name = "acme";
  grant.state = "stored";
  grant.generation = 12;
  grant.written_s = 60;
  grant.written_by = "web-1/17";
  grant.lease = LeaseReport{"web-2/9", "", "2026-01-01T00:00:30Z", 1, 30};
  report.grants = {grant};
  return report;
}

TEST(Presence, ComesBackAsItWasWritten) {
  const auto read = parse_presence(format_presence(presence()));
  ASSERT_TRUE(read);
  EXPECT_EQ(name_of(*read), "web-1/17");
  EXPECT_EQ(read->version, "1.2");
  EXPECT_EQ(read->uptime_s, 90);
  EXPECT_FALSE(read->ready);
  EXPECT_EQ(read->why, "grant acme: no usable token");
  EXPECT_TRUE(read->shares_limits);
  EXPECT_EQ(read->generations, presence().generations);
}

TEST(Presence, NumbersThatNobodyHasAreBounded) {
  const auto read = parse_presence(R"({"pid": 1e300, "uptime_s": 9223372036854775807})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->pid, 0);
  EXPECT_EQ(read->uptime_s, 9'000'000'000);
  EXPECT_EQ(parse_presence(R"({"uptime_s": 1e300})")->uptime_s, 0);
  EXPECT_EQ(parse_presence(R"({"uptime_s": -1e300})")->uptime_s, 0);
  EXPECT_EQ(parse_presence(R"({"uptime_s": 18446744073709551615})")->uptime_s, 9'000'000'000);
  EXPECT_EQ(parse_presence(R"({"uptime_s": 1.5})")->uptime_s, 1);
}

TEST(Presence, OfAnotherVersionIsReadAsFarAsItGoes) {
  const auto read = parse_presence(R"({"name": 7, "pid": "x", "uptime_s": -5, "grants": {"a": -1,
      "b": 2, "c": "3"}, "new": []})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "7");
  EXPECT_EQ(read->pid, 0);
  EXPECT_EQ(read->uptime_s, 0);
  EXPECT_EQ(read->generations, (std::map<std::string, uint64_t>{{"b", 2}}));
  EXPECT_TRUE(parse_presence("{}"));
  EXPECT_FALSE(parse_presence("[]"));
  EXPECT_FALSE(parse_presence("{\"name\": "));
}

TEST(Presence, HasAnEnd) {
  Presence long_one = presence();
  long_one.name = std::string(10000, 'n');
  long_one.why = std::string(10000, 'w');
  const std::string text = format_presence(long_one);
  EXPECT_LT(text.size(), 12000U);
  EXPECT_EQ(parse_presence(text)->name.size(), 100U);
  EXPECT_EQ(parse_presence(text)->why.size(), 300U);
}

TEST(Presence, WhatIsNoTextIsReplaced) {
  Presence odd = presence();
  odd.name = "\xff\xfe";
  EXPECT_TRUE(parse_presence(format_presence(odd)));
}

TEST(FleetDocument, ComesBackAsItWasWritten) {
  const auto read = parse_fleet(format_fleet(fleet()));
  ASSERT_TRUE(read);
  EXPECT_EQ(format_fleet(*read), format_fleet(fleet()));
  ASSERT_TRUE(read->grants[0].lease);
  EXPECT_EQ(read->grants[0].lease->holder, "web-2/9");
  EXPECT_EQ(read->grants[0].written_s, 60);
  EXPECT_EQ(read->replicas[0].grants[0].generation, 12U);
}

TEST(FleetDocument, SaysHowOldIsWhatCouldNotBeRead) {
  FleetReport report = fleet();
  report.replicas[0].as_of_s = 90;
  report.grants[0].as_of_s = 95;
  const auto read = parse_fleet(format_fleet(report));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->replicas[0].as_of_s, 90);
  EXPECT_EQ(read->grants[0].as_of_s, 95);
  EXPECT_FALSE(parse_fleet(format_fleet(fleet()))->grants[0].as_of_s);
}

TEST(FleetDocument, HasTheLimitsThatAreShared) {
  FleetReport report = fleet();
  report.shares_limits = true;
  report.limits_fault = "Redis is away";
  report.unlisted = kUnlisted;
  relay::BucketView unknown = postern::test::shared_bucket();
  unknown.share.emplace().part = "/issues/";
  unknown.share->is_alone = true;
  report.buckets = {postern::test::shared_bucket(), unknown};
  const std::string text = format_fleet(report);
  const auto read = parse_fleet(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(format_fleet(*read), text);
  EXPECT_EQ(read->limits_fault, "Redis is away");
  EXPECT_EQ(read->unlisted, kUnlisted);
  ASSERT_EQ(read->buckets.size(), 2U);
  const limits::ShareStatus& share = read->buckets[0].share.value();
  EXPECT_EQ(share.replicas, 3);
  EXPECT_NEAR(share.age.value(), 0.4, 0.002);
  EXPECT_EQ(share.taken, 38);
  EXPECT_EQ(share.spent.value().rejected, 1);
  EXPECT_FALSE(read->buckets[1].share.value().taken);
  EXPECT_EQ(read->buckets[1].share->part, "/issues/");
  EXPECT_THAT(text, HasSubstr("\"age_ms\": null"));
}

TEST(FleetDocument, SaysWhatIsNotKnownAsNull) {
  FleetReport alone;
  alone.advice = kNoFleet;
  const std::string text = format_fleet(alone);
  for (const char* field : {"\"fault\": null", "\"read_at\": null", "\"age_s\": null"})
    EXPECT_THAT(text, HasSubstr(field));
  EXPECT_EQ(parse_fleet(text)->advice, kNoFleet);
}

TEST(FleetDocument, AnotherAnswerIsAnError) {
  EXPECT_FALSE(parse_fleet("{}"));
  EXPECT_FALSE(parse_fleet("<html>"));
  EXPECT_TRUE(parse_fleet(R"({"replicas": [1, {"name": []}], "grants": [null]})"));
}

TEST(Fleet, IsWellWhenAllAre) {
  EXPECT_TRUE(is_well(fleet()));
  const auto is_well_with = [](auto change) {
    FleetReport report = fleet();
    change(report);
    return is_well(report);
  };
  EXPECT_FALSE(is_well_with([](FleetReport& report) { report.fault = "away"; }));
  EXPECT_FALSE(is_well_with([](FleetReport& report) { report.advice = kNoFleet; }));
  EXPECT_FALSE(is_well_with([](FleetReport& report) { report.grants[0].fault = "unfit"; }));
  EXPECT_FALSE(is_well_with([](FleetReport& report) { report.replicas[0].is_overdue = true; }));
  EXPECT_FALSE(
      is_well_with([](FleetReport& report) { report.replicas[0].presence.ready = false; }));
  EXPECT_FALSE(
      is_well_with([](FleetReport& report) { report.replicas[0].grants[0].is_behind = true; }));
}

}  // namespace
}  // namespace postern::admin
