// Another configuration while requests are under way.
#include "relay/settings.h"

#include "relay/cache_fixture.h"

namespace postern::relay {
namespace {

class SettingsTest : public CacheTest {
 protected:
  SettingsTest() {
    options_.limited = true;
    options_.cache.enabled = false;
  }

  void use() { relay_->set_options(options_); }
};

TEST_F(SettingsTest, WhoComesLaterIsJudgedByTheNewOnes) {
  get(kIssues);
  options_.policy.access = policy::AccessMode::kReadOnly;
  options_.guard.hosts = {"postern.test"};
  options_.max_body = 3;
  use();
  EXPECT_EQ(write(kIssue, 0).client.status, 403);
  options_.policy.access = policy::AccessMode::kFull;
  use();
  head_.framing = http::Framing::of_length(4);
  EXPECT_EQ(write(kIssue, 0).client.status, 413);
  head_.framing = {};
  head_.authority = "postern.test";
  EXPECT_EQ(get(kIssues).client.status, 0);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(SettingsTest, WhoIsUnderWayKeepsWhatItBeganWith) {
  User& writing = write(kIssue, 0);
  options_.policy.access = policy::AccessMode::kReadOnly;
  options_.max_attempts = 1;
  use();
  fail(0, {http::FailKind::kClosed, http::Sent::kNone, false, "request", "reset"});
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "done");
  EXPECT_EQ(writing.client.body, "done");
}

TEST_F(SettingsTest, AHigherBoundLetsGoWhoWaits) {
  one_at_a_time();
  get(kIssues);
  User& waits = get(kEvent);
  pass_time(1s);
  EXPECT_EQ(sends(), 1u);
  options_.limits.max_in_flight = 5;
  use();
  pass_time(1s);
  ASSERT_EQ(sends(), 2u);
  reply(1, 200, "second");
  EXPECT_EQ(waits.client.body, "second");
}

TEST_F(SettingsTest, AShorterWaitIsForWhoComesLater) {
  one_at_a_time();
  get(kIssues);
  User& patient = get(kIssue);
  options_.limits.max_wait = 2s;
  use();
  User& hasty = get(kEvent);
  pass_time(3s);
  EXPECT_EQ(patient.client.status, 0);
  EXPECT_EQ(hasty.client.status, 429);
}

TEST_F(SettingsTest, LimitsThatAreTurnedOffHoldNobodyBack) {
  one_at_a_time();
  get(kIssues);
  User& waits = get(kEvent);
  options_.limited = false;
  use();
  get(kIssue);
  EXPECT_EQ(sends(), 2u) << "the newcomer goes, who waited before waits for its turn";
  reply(0, 200);
  pass_time(100ms);
  EXPECT_EQ(sends(), 3u);
  reply(2, 200, "at last");
  EXPECT_EQ(waits.client.body, "at last");
  reply(1, 200);
}

TEST_F(SettingsTest, LimitsThatAreTurnedOnHoldWhoComesLater) {
  options_.limited = false;
  one_at_a_time();
  get(kIssues);
  options_.limited = true;
  use();
  get(kIssue);
  get(kEvent);
  EXPECT_EQ(sends(), 2u);
}

TEST_F(SettingsTest, ACacheThatStaysOnKeepsItsAnswers) {
  options_.cache.enabled = true;
  fetch(kIssues);
  options_.cache.events = 1h;
  use();
  EXPECT_EQ(again(kIssues), "hit");
}

TEST_F(SettingsTest, LifetimesAreThoseOfWhenAnAnswerCame) {
  options_.cache.enabled = true;
  fetch(kIssues);
  options_.cache.lists = 2s;
  use();
  clock_.advance(5s);
  EXPECT_EQ(again(kIssues), "hit");
  EXPECT_EQ(again(kIssue), "miss");
}

TEST_F(SettingsTest, ASmallerCacheDropsWhatDoesNotFit) {
  options_.cache.enabled = true;
  fetch(kIssues, std::string(10000, 'x'));
  options_.cache.max_bytes = 5000;
  use();
  EXPECT_EQ(relay_->caching()->size(), 0u);
}

TEST_F(SettingsTest, ACacheThatWasOffHasForgottenAll) {
  options_.cache.enabled = true;
  fetch(kIssues);
  options_.cache.enabled = false;
  use();
  EXPECT_EQ(relay_->caching(), nullptr);
  EXPECT_EQ(again(kIssues), "");
  options_.cache.enabled = true;
  use();
  EXPECT_EQ(again(kIssues), "miss");
}

TEST_F(SettingsTest, WhoFollowsACallInACacheThatGoesIsServedAllTheSame) {
  options_.cache.enabled = true;
  User& leader = get(kIssues);
  User& follower = get(kIssues);
  ASSERT_EQ(sends(), 1u);
  options_.cache.enabled = false;
  use();
  pass_time(10ms);
  ASSERT_EQ(sends(), 2u);
  reply(0, 200, "led");
  reply(1, 200, "alone");
  EXPECT_EQ(leader.client.body, "led");
  EXPECT_EQ(follower.client.body, "alone");
}

TEST_F(SettingsTest, AnExplanationIsByTheNewOnes) {
  fetch(kIssues);
  options_.policy.access = policy::AccessMode::kReadOnly;
  use();
  const auto explanation = relay_->explain({"PUT", kIssue, "", ""});
  ASSERT_TRUE(explanation);
  EXPECT_EQ(explanation->now->reason, "policy_denied");
}

}  // namespace
}  // namespace postern::relay
