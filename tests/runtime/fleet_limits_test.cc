#include "runtime/fleet_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limits/share_script.h"
#include "support/fake_clock.h"
#include "support/fake_redis.h"

namespace postern::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Listener final : limits::FleetListener {
  void on_share_answer(uint64_t id, const std::optional<limits::ShareAnswer>& answer) override {
    shares.emplace_back(id, answer);
  }
  void on_parts_answer(uint64_t id, const std::optional<limits::PartsAnswer>& answer) override {
    parts.emplace_back(id, answer);
  }
  std::vector<std::pair<uint64_t, std::optional<limits::ShareAnswer>>> shares;
  std::vector<std::pair<uint64_t, std::optional<limits::PartsAnswer>>> parts;
};

const limits::ShareKey kKey{"user 7", "sentry.io", "GET", "/b/"};

class FleetLimitsTest : public testing::Test {
 protected:
  FleetLimitsTest() {
    auto client = std::make_unique<test::FakeRedisClient>();
    redis_ = client.get();
    fleet_ =
        std::make_unique<FleetLimits>(std::move(client), "postern", listener_, clock_, logger_);
  }

  void ask_share(uint64_t id) {
    limits::ShareQuestion question;
    question.replica = "me";
    fleet_->ask(limits::ShareAsk{id, kKey, question});
  }
  const std::string& fault() { return fleet_->report().fault; }

  test::FakeClock clock_;
  log::Logger logger_{{}, [](std::string_view) {}};
  Listener listener_;
  test::FakeRedisClient* redis_ = nullptr;
  std::unique_ptr<FleetLimits> fleet_;
};

TEST_F(FleetLimitsTest, AQuestionIsAScriptOnTwoKeysOfTheUser) {
  ask_share(5);
  ASSERT_EQ(redis_->asked.size(), 1U);
  std::vector<std::string> words = redis_->asked[0];
  ASSERT_GT(words.size(), 6U);
  EXPECT_EQ(words[0], "EVAL");  // as each script at first
  words = {words.begin() + 2, words.begin() + 6};
  EXPECT_THAT(words, ElementsAre("2", "postern:{user 7}:share:sentry.io:GET:/b/",
                                 "postern:{user 7}:parts:sentry.io:GET", "me"));
}

TEST_F(FleetLimitsTest, TheAnswerGoesToWhoAsked) {
  ask_share(5);
  redis_->say({"7", "8", "9.5", "2", "3", "0", "0", "0", "0", "0", "0", "0", "1", "40", "0"});
  ASSERT_EQ(listener_.shares.size(), 1U);
  EXPECT_EQ(listener_.shares[0].first, 5U);
  ASSERT_TRUE(listener_.shares[0].second);
  EXPECT_EQ(listener_.shares[0].second->next, 8);
  EXPECT_EQ(fleet_->report().replicas, 3U);
  EXPECT_EQ(fleet_->report().answered, 1U);
  EXPECT_THAT(fault(), IsEmpty());
}

TEST_F(FleetLimitsTest, WithoutAReplyThereIsNoAnswer) {
  ask_share(5);
  redis_->be_away("cannot reach redis://r:6379: connection refused");
  ASSERT_EQ(listener_.shares.size(), 1U);
  EXPECT_FALSE(listener_.shares[0].second);
  EXPECT_EQ(fault(), "cannot reach redis://r:6379: connection refused");
}

TEST_F(FleetLimitsTest, AKeyThatIsSomebodyElsesIsNamed) {
  ask_share(5);
  redis_->fail("WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_FALSE(listener_.shares.at(0).second);
  EXPECT_THAT(fault(), HasSubstr("{user 7}:share:sentry.io:GET:/b/: WRONGTYPE"));
}

TEST_F(FleetLimitsTest, WhatIsNoAnswerOfTheScriptIsNotTaken) {
  const redis::Reply nested = redis::Reply::array({redis::Reply::of(1)});
  for (const redis::Reply& lie : {redis::Reply(), redis::Reply::of(7), nested}) {
    ask_share(1);
    redis_->answer(lie);
    EXPECT_FALSE(listener_.shares.back().second);
    EXPECT_THAT(fault(), HasSubstr("no answer of Postern's script"));
  }
  ask_share(1);
  redis_->say({"7", "-8", "9.5", "2", "3", "0", "0", "0", "0", "0", "0", "0", "1", "40", "0"});
  EXPECT_FALSE(listener_.shares.back().second);
  EXPECT_EQ(fleet_->report().failed, 4U);
}

TEST_F(FleetLimitsTest, PartsHaveAKeyAndAnswersOfTheirOwn) {
  limits::PartsQuestion question;
  question.version = 2;
  question.moves.push_back({"/a/", "/b/"});
  fleet_->ask(limits::PartsAsk{9, kKey, question});
  std::vector<std::string> words = redis_->asked.at(0);
  words.erase(words.begin(), words.begin() + 2);
  EXPECT_THAT(words, ElementsAre("1", "postern:{user 7}:parts:sentry.io:GET", "2", "/a/", "/b/"));
  redis_->say({"3", "/a/", "/b/"});
  ASSERT_EQ(listener_.parts.size(), 1U);
  EXPECT_EQ(listener_.parts[0].first, 9U);
  EXPECT_EQ(listener_.parts[0].second->version, 3);
  fleet_->ask(limits::PartsAsk{10, kKey, question});
  redis_->say({"3", "/a/"});
  EXPECT_FALSE(listener_.parts.at(1).second);
}

TEST_F(FleetLimitsTest, EachScriptGoesByADigestOfItsOwn) {
  for (uint64_t id = 1; id <= 3; id += 2) {
    ask_share(id);
    fleet_->ask(limits::PartsAsk{id + 1, kKey, {}});
    redis_->say({});
    redis_->say({});
  }
  ASSERT_EQ(redis_->asked.size(), 4U);
  EXPECT_EQ(redis_->asked[3][0], "EVALSHA");
  EXPECT_NE(redis_->asked[2][1], redis_->asked[3][1]);
}

TEST_F(FleetLimitsTest, AQuestionToARedisThatHasLostTheScriptIsLostAndNotAskedTwice) {
  ask_share(1);
  redis_->say({"7", "8", "9.5", "2", "3", "0", "0", "0", "0", "0", "0", "0", "1", "40", "0"});
  ask_share(2);
  redis_->fail("NOSCRIPT No matching script. Please use EVAL.");
  EXPECT_EQ(redis_->asked.size(), 2U);
  EXPECT_FALSE(listener_.shares.at(1).second);
  EXPECT_THAT(fault(), HasSubstr("has lost Postern's script"));
  ask_share(3);
  EXPECT_EQ(redis_->asked.at(2)[0], "EVAL");
  redis_->say({"7", "8", "9.5", "2", "3", "0", "0", "0", "0", "0", "0", "0", "1", "40", "0"});
  EXPECT_THAT(fault(), IsEmpty());
}

}  // namespace
}  // namespace postern::runtime
