#include "runtime/roll_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_redis.h"
#include "support/fake_timers.h"

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

constexpr int64_t kNow = 1700000000000;  // of the database

admin::Presence presence(const std::string& name, uint64_t generation) {
  admin::Presence presence;
  presence.name = name;
  presence.pid = 1;
  presence.ready = true;
  presence.uptime_s = 60;
  presence.generations = {{"acme", generation}};
  return presence;
}

std::string entry(const std::string& name, uint64_t generation, int64_t ago = 0) {
  return std::to_string(kNow - ago) + " 30000 " +
         admin::format_presence(presence(name, generation));
}

struct RollCallTest : ::testing::Test {
  RollCallTest() { call.start(); }

  RollCallOptions options() { return {"p", "redis://r:6379", "me", 5s, {"acme"}}; }
  RollCall::Tools tools() {
    return {
        client, timers, clock, logger, [this] { return own; }, [this](int64_t n) { sharers = n; }};
  }
  // What a read begins with; the answers are the test's.
  void read() {
    call.read([this] { ++read_count; });
  }
  void answer_roll(const Words& others = {}) {
    Words words{std::to_string(kNow), "me", entry("web-1", own.generations["acme"])};
    words.insert(words.end(), others.begin(), others.end());
    client.say(words);
  }
  void answer_survey(uint64_t generation, const std::string& writer = "me", int64_t ago = 60000,
                     const std::string& lease = "") {
    client.say(Words{std::to_string(kNow), "record", std::to_string(generation), "9", "document",
                     std::to_string(kNow - ago), writer, lease, lease.empty() ? "0" : "25000"});
  }
  // Nothing is under way behind it.
  admin::FleetReport fleet_of(const Words& others, uint64_t generation) {
    read();
    answer_roll(others);
    answer_survey(generation);
    return call.report();
  }

  test::FakeClock clock;
  test::FakeTimers timers{clock};
  test::FakeRedisClient client;
  std::string log;
  log::Logger logger{log::Options{}, [this](std::string_view bytes) { log += bytes; }};
  admin::Presence own = presence("web-1", 3);
  int read_count = 0;
  int64_t sharers = 0;
  RollCall call{options(), tools()};
};

struct Started : RollCallTest {
  Started() { client.say(Words{std::to_string(kNow)}); }
};

TEST_F(RollCallTest, SaysThatItIsThereOncePerPeriod) {
  ASSERT_EQ(client.asked.size(), 1U);
  EXPECT_EQ(client.asked[0][3], "p:{replicas}");
  EXPECT_EQ(client.asked[0][4], "me");
  EXPECT_EQ(client.asked[0][5], "30000");
  timers.advance(4999ms);
  EXPECT_EQ(client.asked.size(), 1U);
  own.ready = false;
  timers.advance(1ms);
  ASSERT_EQ(client.asked.size(), 2U);
  EXPECT_THAT(client.asked[1][6], HasSubstr("\"ready\":false"));
  timers.advance(60s);
  EXPECT_EQ(client.asked.size(), 14U);
}

TEST_F(Started, SaysSoWhenItIsOtherwise) {
  timers.advance(2s);
  EXPECT_EQ(client.asked.size(), 1U);
  own.ready = false;
  own.why = "grant acme: no usable token (revoked)";
  timers.advance(1s);
  ASSERT_EQ(client.asked.size(), 2U);
  EXPECT_THAT(client.asked[1][6], HasSubstr("(revoked)"));
  own.ready = true;
  own.why = "";
  own.generations["acme"] = 4;
  timers.advance(1s);
  ASSERT_EQ(client.asked.size(), 3U);
  EXPECT_THAT(client.asked[2][6], HasSubstr("\"acme\":4"));
  own.uptime_s = 90;
  timers.advance(4s);
  EXPECT_EQ(client.asked.size(), 3U);
  timers.advance(1s);
  EXPECT_EQ(client.asked.size(), 4U) << "a period after the last word";
}

TEST_F(Started, TellsHowManyShareLimits) {
  own.shares_limits = true;
  const auto sharer = [](const std::string& name, int64_t ago) {
    admin::Presence other = presence(name, 3);
    other.shares_limits = true;
    return std::to_string(kNow - ago) + " 30000 " + admin::format_presence(other);
  };
  timers.advance(5s);
  client.say({std::to_string(kNow), "me", sharer("web-1", 0), "you", sharer("web-2", 1000), "he",
              entry("web-3", 3), "she", sharer("web-4", 11000)});
  EXPECT_EQ(sharers, 2) << "nor who is silent";
  timers.advance(5s);
  client.be_away("away");
  EXPECT_EQ(sharers, 2);
}

TEST_F(Started, AReadAsksForTheListAndForEachGrantAtOnce) {
  read();
  ASSERT_EQ(client.asked.size(), 3U);
  EXPECT_EQ(client.asked[1][3], "p:{replicas}");
  EXPECT_EQ(client.asked[2][3], "p:{acme}:grant");
  answer_roll({"you", entry("web-2", 3, 2000)});
  EXPECT_EQ(read_count, 0);
  answer_survey(3);
  EXPECT_EQ(read_count, 1);
  const admin::FleetReport report = call.report();
  EXPECT_EQ(report.fault, "");
  EXPECT_EQ(report.place, "redis://r:6379");
  ASSERT_EQ(report.replicas.size(), 2U);
  EXPECT_TRUE(report.replicas[0].is_self);
  EXPECT_EQ(report.replicas[1].presence.name, "web-2");
  EXPECT_EQ(report.replicas[1].silent_s, 2);
  EXPECT_EQ(report.replicas[1].seen_at, "2023-11-14T22:13:18.000000Z");
  EXPECT_EQ(report.replicas[1].started_at, "2023-11-14T22:12:18.000000Z");
  ASSERT_EQ(report.grants.size(), 1U);
  EXPECT_EQ(report.grants[0].state, "stored");
  EXPECT_EQ(report.grants[0].written_s, 60);
  EXPECT_EQ(report.grants[0].written_by, "web-1/1");
  EXPECT_FALSE(report.grants[0].lease);
  EXPECT_TRUE(is_well(report));
}

TEST_F(Started, ThoseWhoAskTogetherAreOneQuestion) {
  read();
  read();
  EXPECT_EQ(client.asked.size(), 3U);
  answer_roll();
  answer_survey(3);
  EXPECT_EQ(read_count, 2);
  read();  // what is fresh is not asked for again, and is told later all the same
  EXPECT_EQ(client.asked.size(), 3U);
  EXPECT_EQ(read_count, 2);
  timers.advance(0s);
  EXPECT_EQ(read_count, 3);
  timers.advance(RollCall::kFresh);
  read();
  EXPECT_EQ(client.asked.size(), 5U);
}

TEST_F(Started, NamesWhoRefreshes) {
  const auto holder = [this](const std::string& lease) {
    timers.advance(RollCall::kFresh);
    read();
    answer_roll({"you", entry("web-2", 3)});
    answer_survey(3, "gone", 60000, lease);
    return call.report().grants[0];
  };
  EXPECT_EQ(holder("me:4:" + std::to_string(kNow - 3000)).lease->holder, "web-1/1");
  const auto told = holder("you:4:" + std::to_string(kNow - 3000));
  EXPECT_EQ(told.lease->holder, "web-2/1");
  EXPECT_EQ(told.lease->held_s, 3);
  EXPECT_EQ(told.lease->left_s, 25);
  EXPECT_EQ(told.lease->since, "2023-11-14T22:13:17.000000Z");
  EXPECT_EQ(told.lease->until, "2023-11-14T22:13:45.000000Z");
  EXPECT_THAT(told.written_by, HasSubstr("has gone (gone)"));
  EXPECT_THAT(holder("stranger:4").lease->holder, HasSubstr("(stranger)"));
}

TEST_F(Started, OneThatIsBehindIsSeen) {
  const auto report = fleet_of({"you", entry("web-2", 2)}, 3);
  EXPECT_FALSE(report.replicas[0].grants[0].is_behind);
  EXPECT_TRUE(report.replicas[1].grants[0].is_behind);
  EXPECT_FALSE(is_well(report));
}

TEST_F(Started, OneThatHasSpokenBeforeTheNewsCameIsNotBehind) {
  read();
  answer_roll({"you", entry("web-2", 2, 1000)});
  answer_survey(3, "me", 3000);
  EXPECT_FALSE(call.report().replicas[1].grants[0].is_behind);
}

TEST_F(Started, OneThatIsSilentIsSeenWhileItIsRemembered) {
  const auto report = fleet_of({"you", entry("web-2", 3, 11000)}, 3);
  EXPECT_FALSE(report.replicas[0].is_overdue);
  EXPECT_TRUE(report.replicas[1].is_overdue);
}

TEST_F(Started, AgesGoOnBetweenTwoReads) {
  fleet_of({"you", entry("web-2", 3)}, 3);
  clock.advance(7s);
  const auto report = call.report();
  EXPECT_EQ(report.age_s, 7);
  EXPECT_EQ(report.replicas[1].silent_s, 7);
  EXPECT_EQ(report.grants[0].written_s, 67);
}

TEST_F(Started, WithoutAnAnswerItSaysSoAndTellsWhatItKnows) {
  fleet_of({"you", entry("web-2", 3)}, 3);
  timers.advance(2s);
  read();
  timers.advance(RollCall::kPatience);
  EXPECT_EQ(read_count, 2);
  const auto report = call.report();
  EXPECT_THAT(report.fault, HasSubstr("redis://r:6379 has not answered within 1500ms"));
  EXPECT_EQ(report.replicas.size(), 2U);
  EXPECT_EQ(report.age_s, 3);
  answer_roll();  // too late
  answer_survey(3);
  EXPECT_EQ(read_count, 2);
}

TEST_F(Started, WhatIsSaidEachPeriodKeepsTheListNew) {
  fleet_of({"you", entry("web-2", 3)}, 3);
  timers.advance(5s);
  client.say({std::to_string(kNow + 5000), "me", entry("web-1", 3), "she", entry("web-3", 3)});
  timers.advance(1s);
  read();
  client.be_away("away");
  client.be_away("away");
  const auto report = call.report();
  EXPECT_EQ(report.age_s, 1);
  ASSERT_EQ(report.replicas.size(), 2U);
  EXPECT_EQ(report.replicas[1].presence.name, "web-3");
}

TEST_F(Started, AnOldListIsNotJudgedByThePresentTime) {
  const auto known = fleet_of({"you", entry("web-2", 3), "she", entry("web-3", 3, 11000)}, 3);
  EXPECT_FALSE(known.replicas[1].as_of_s);
  timers.advance(60s);
  own.why = "grant acme: revoked";
  own.ready = false;
  own.generations["acme"] = 4;
  read();
  while (!client.open.empty()) client.be_away("away");
  const auto report = call.report();
  ASSERT_EQ(report.replicas.size(), 3U);
  const admin::ReplicaReport& self = report.replicas[0];
  EXPECT_TRUE(self.is_self);
  EXPECT_FALSE(self.is_overdue);
  EXPECT_EQ(self.silent_s, 0);
  EXPECT_EQ(self.presence.why, "grant acme: revoked");
  EXPECT_EQ(self.grants[0].generation, 4U);
  EXPECT_FALSE(self.as_of_s);
  EXPECT_FALSE(report.replicas[1].is_overdue);
  EXPECT_EQ(report.replicas[1].silent_s, 60);
  EXPECT_EQ(report.replicas[1].as_of_s, 60);
  EXPECT_TRUE(report.replicas[2].is_overdue) << "as it was then";
  EXPECT_EQ(report.grants[0].as_of_s, 60);
}

TEST_F(Started, AGrantThatWasNotReadIsAsOfThen) {
  fleet_of({}, 3);
  timers.advance(20s);
  for (int i = 0; i < 4; ++i) client.say({std::to_string(kNow + 20000), "me", entry("web-1", 3)});
  read();
  answer_roll();
  EXPECT_EQ(call.report().grants[0].as_of_s, 20);
  timers.advance(RollCall::kPatience);
  const auto report = call.report();
  EXPECT_NE(report.fault, "");
  EXPECT_EQ(report.grants[0].generation, 3U);
  EXPECT_EQ(report.grants[0].as_of_s, 21);
}

TEST_F(RollCallTest, OneThatHasNeverReadKnowsItself) {
  client.be_away("cannot reach redis://r:6379");
  read();
  client.be_away("cannot reach redis://r:6379");
  client.be_away("cannot reach redis://r:6379");
  EXPECT_EQ(read_count, 1);
  const auto report = call.report();
  EXPECT_EQ(report.fault, "cannot reach redis://r:6379");
  ASSERT_EQ(report.replicas.size(), 1U);
  EXPECT_TRUE(report.replicas[0].is_self);
  EXPECT_EQ(report.replicas[0].seen_at, "");
  EXPECT_EQ(report.grants[0].state, "");
  EXPECT_FALSE(report.age_s);
}

TEST_F(RollCallTest, TroubleIsSaidOnceAndSoIsItsEnd) {
  client.be_away("away");
  timers.advance(5s);
  client.answer(redis::Answer(redis::Reply::of(redis::Reply::Kind::kError, "WRONGTYPE no hash")));
  timers.advance(5s);
  client.say(Words{std::to_string(kNow)});
  logger.flush();
  EXPECT_THAT(log, testing::MatchesRegex("[^\n]*fleet_unseen[^\n]*away[^\n]*\n"
                                         "[^\n]*fleet_seen[^\n]*\n"));
}

TEST_F(Started, AForeignKeyIsNamed) {
  read();
  client.answer(redis::Answer(redis::Reply::of(redis::Reply::Kind::kError, "WRONGTYPE no hash")));
  answer_survey(3);
  EXPECT_THAT(call.report().fault, AllOf(HasSubstr("key p:{replicas}"), HasSubstr("WRONGTYPE")));
}

TEST_F(Started, NumbersThatNobodyHasAreBounded) {
  const std::string most = std::to_string(INT64_MAX);
  read();
  answer_roll({"you", most + " " + most + R"( {"name": "web-2", "uptime_s": )" + most + "}"});
  client.say(Words{most, "record", most, "9", "document", most, "you", "you:1:" + most, most});
  const auto report = call.report();
  ASSERT_EQ(report.replicas.size(), 2U);
  EXPECT_EQ(report.replicas[1].seen_at.substr(0, 4), "2255");
  EXPECT_EQ(report.replicas[1].started_at, "");
  EXPECT_EQ(report.replicas[1].silent_s, 0);
  ASSERT_TRUE(report.grants[0].lease);
  EXPECT_EQ(report.grants[0].lease->until.substr(0, 4), "2255");
}

TEST_F(Started, AGrantThatCannotBeUnderstoodHasAFaultOfItsOwn) {
  read();
  answer_roll();
  client.say(Words{std::to_string(kNow), "newer", "2", "0", "", "", "", "", "0"});
  const auto report = call.report();
  EXPECT_EQ(report.fault, "");
  EXPECT_THAT(report.grants[0].fault, HasSubstr("newer Postern"));
}

TEST_F(Started, WhoLeavesIsTakenOffTheListAndSaysNoMore) {
  bool is_off = false;
  EXPECT_TRUE(call.leave([&] { is_off = true; }));
  EXPECT_EQ(client.asked.back(), (Words{"HDEL", "p:{replicas}", "me"}));
  client.answer(redis::Answer(redis::Reply::of(1)));
  EXPECT_TRUE(is_off);
  timers.advance(60s);
  read();
  timers.advance(0s);
  EXPECT_EQ(client.asked.size(), 2U);
  EXPECT_EQ(read_count, 1);
}

TEST_F(RollCallTest, WhoLeavesAnUnreachableStoreDoesNotTry) {
  client.be_away("away");
  EXPECT_FALSE(call.leave([] {}));
  EXPECT_EQ(client.asked.size(), 1U);
}

}  // namespace
}  // namespace postern::runtime
