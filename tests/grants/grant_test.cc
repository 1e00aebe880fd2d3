#include "grants/grant.h"

#include <gtest/gtest.h>

#include "grants/grant_fixture.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using test::Caller;
using test::GrantTest;
using test::kStart;
using test::make;

// -----------------------------------------------------------------------------------------
// standing

TEST_F(GrantTest, ALivingTokenGoes) {
  EXPECT_EQ(grant.standing(now, true), Standing::kGo);
  EXPECT_EQ(grant.standing(now, false), Standing::kGo);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(GrantTest, AnExpiredTokenIsWaitedForAndAsksForOneRefresh) {
  EXPECT_EQ(grant.standing(kStart + 1h, true), Standing::kWait);
  EXPECT_EQ(grant.standing(kStart + 1h, true), Standing::kWait);
  EXPECT_EQ(refresher.asked, 1);
}

TEST_F(GrantTest, WhileItsKeeperRestsAnExpiredTokenIsUnavailable) {
  grant.begin_refresh();
  grant.end_refresh("the endpoint is down", kStart + 1h + 30s);
  EXPECT_EQ(grant.standing(kStart + 1h, true), Standing::kUnavailable);
  EXPECT_EQ(grant.retry_after(kStart + 1h), 30s);
  EXPECT_EQ(grant.reason(), "the endpoint is down");
  EXPECT_EQ(refresher.asked, 0);
  EXPECT_EQ(grant.standing(kStart + 1h + 30s, true), Standing::kWait);
}

TEST_F(GrantTest, KnowsWhenItsKeeperTriesAgain) {
  EXPECT_FALSE(grant.next_try());
  refresher.next = now + 200ms;
  EXPECT_EQ(grant.next_try(), now + 200ms);
  grant.detach();
  EXPECT_FALSE(grant.next_try());
}

TEST_F(GrantTest, AKeeperThatCannotRefreshNowMakesItUnavailableNotRevoked) {
  refresher.can = false;
  EXPECT_EQ(grant.standing(kStart + 1h, true), Standing::kUnavailable);
  EXPECT_EQ(grant.retry_after(kStart + 1h), 1s);
}

TEST_F(GrantTest, AKeeperThatGivesUpInsideTheQuestionMakesItRevoked) {
  refresher.can = false;
  refresher.on_ask = [this] { grant.revoke("gone"); };
  EXPECT_EQ(grant.standing(kStart + 1h, true), Standing::kRevoked);
}

TEST_F(GrantTest, WithoutATokenItIsMissingUnlessOneCanBeObtained) {
  grant.adopt(nullptr);
  refresher.can = false;
  EXPECT_EQ(grant.standing(now, true), Standing::kMissing);
  refresher.can = true;
  EXPECT_EQ(grant.standing(now, true), Standing::kWait);
  grant.end_refresh("down", now + 10s);
  EXPECT_EQ(grant.standing(now, true), Standing::kUnavailable);
}

TEST_F(GrantTest, WithoutAKeeperAnExpiredTokenNeedsAPerson) {
  grant.detach();
  EXPECT_EQ(grant.standing(now, true), Standing::kGo);
  EXPECT_EQ(grant.standing(kStart + 1h, true), Standing::kRevoked);
}

TEST_F(GrantTest, ARevokedOneStaysSoUntilATokenIsAdopted) {
  grant.revoke("log in again");
  EXPECT_EQ(grant.standing(now, true), Standing::kRevoked);
  EXPECT_EQ(refused(1).verdict, Verdict::kRevoked);
  EXPECT_EQ(refresher.asked, 0);
  grant.adopt(make(2));
  EXPECT_EQ(grant.standing(now, true), Standing::kGo);
  EXPECT_EQ(grant.reason(), "");
}

// ----------------------------------------------------------------------------- 7: holding and
// streams

TEST_F(GrantTest, HeldBackIsOnlyWhatCannotBeSentAgain) {
  grant.hold(true);
  EXPECT_EQ(grant.standing(now, true), Standing::kGo);
  EXPECT_EQ(grant.standing(now, false), Standing::kWait);
  Caller caller(grant);
  grant.hold(false);
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(grant.standing(now, false), Standing::kGo);
}

TEST_F(GrantTest, EveryEndOfARefreshEndsTheHolding) {
  for (int end = 0; end < 3; ++end) {
    grant.hold(true);
    Caller caller(grant);
    if (end == 0) grant.adopt(make(2));
    if (end == 1) grant.end_refresh("down", now);
    if (end == 2) grant.revoke("gone");
    EXPECT_EQ(caller.told, 1);
  }
  grant.adopt(make(3));
  EXPECT_EQ(grant.standing(now, false), Standing::kGo);
}

TEST_F(GrantTest, TheLastStreamTellsTheKeeper) {
  Grant::Stream first(grant);
  {
    Grant::Stream second(grant);
    Grant::Stream moved(std::move(second));
    EXPECT_EQ(grant.streams(), 2U);
  }
  EXPECT_EQ(refresher.streams_over, 0);
  first.drop();
  first.drop();
  EXPECT_EQ(grant.streams(), 0U);
  EXPECT_EQ(refresher.streams_over, 1);
}

TEST_F(GrantTest, AnAssignedStreamLetsGoOfTheOneBefore) {
  Grant::Stream stream(grant);
  stream = Grant::Stream(grant);
  EXPECT_EQ(grant.streams(), 1U);
  stream = Grant::Stream();
  EXPECT_EQ(grant.streams(), 0U);
}

// -------------------------------------------------------------------------------------------
// waiting

TEST_F(GrantTest, WaitersAreToldOnceInOrder) {
  std::vector<int> order;
  Caller first(grant);
  Caller second(grant);
  first.then = [&] { order.push_back(1); };
  second.then = [&] { order.push_back(2); };
  grant.adopt(make(2));
  grant.adopt(make(3));
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(GrantTest, AWaiterThatLeavesIsNotTold) {
  auto caller = std::make_unique<Caller>(grant);
  Caller other(grant);
  caller.reset();
  grant.adopt(make(2));
  EXPECT_EQ(other.told, 1);
}

TEST_F(GrantTest, AWaiterMayTakeAnotherWithIt) {
  Caller first(grant);
  auto second = std::make_unique<Caller>(grant);
  Caller third(grant);
  first.then = [&] { second.reset(); };
  grant.adopt(make(2));
  EXPECT_EQ(second, nullptr);
  EXPECT_EQ(third.told, 1);
}

TEST_F(GrantTest, WhoeverWaitsAgainIsToldAnotherTime) {
  Caller caller(grant);
  caller.then = [&] {
    if (caller.told == 1) caller.ticket = grant.wait(caller);
  };
  grant.adopt(make(2));
  EXPECT_EQ(caller.told, 1);
  grant.adopt(make(3));
  EXPECT_EQ(caller.told, 2);
}

TEST_F(GrantTest, AWaiterMayCauseASettlingItself) {
  Caller first(grant);
  Caller second(grant);
  first.then = [&] { grant.end_refresh("down", now); };
  grant.adopt(make(2));
  EXPECT_EQ(first.told, 1);
  EXPECT_EQ(second.told, 1);
}

// ------------------------------------------------------------------------------------- its holder

std::string holder_of(Kind kind, const std::string& token, const std::string& user = "") {
  GrantOptions options;
  options.name = "backend";
  options.organization = "acme";
  options.kind = kind;
  Grant grant(options);
  StoredGrant stored;
  stored.access_token = Secret(token);
  grant.adopt(make_token(stored, 1h, kStart));
  grant.set_identity("42", user);
  return grant.holder();
}

TEST(Grant, KnowsWhomSentryCountsItsCallsFor) {
  EXPECT_EQ(holder_of(Kind::kOauth, "abc", "7"), "user 7");
  EXPECT_EQ(holder_of(Kind::kOauth, "abc"), "grant backend") << "the user is not known yet";
  EXPECT_EQ(holder_of(Kind::kOauth, "sntrys_x", "7"), "user 7");
  EXPECT_EQ(holder_of(Kind::kIntegration, "abc", "7"), "organization acme");
  EXPECT_EQ(holder_of(Kind::kStatic, "sntryu_x"), "grant backend");
  EXPECT_EQ(holder_of(Kind::kStatic, "sntryi_x"), "organization acme");
  EXPECT_EQ(holder_of(Kind::kStatic, "sntrys_x"), "address");
}

TEST(Grant, WithoutATokenItIsItsOwnHolder) {
  GrantOptions options;
  options.name = "backend";
  EXPECT_EQ(Grant(options).holder(), "grant backend");
}

TEST(Grant, WhoWaitsForAStoreIsToldWhatItSaysAtLast) {
  GrantOptions options;
  options.name = "backend";
  Grant grant(options);
  grant.set_trouble("away", true);
  test::Caller caller(grant);
  grant.set_trouble("still away", true);
  EXPECT_EQ(caller.told, 0);
  EXPECT_EQ(grant.reason(), "still away");
  grant.set_trouble("");
  EXPECT_EQ(caller.told, 1);
  EXPECT_EQ(grant.state(), GrantState::kMissing);
}

TEST(Grant, SaysItsStateAndKind) {
  EXPECT_EQ(to_string(GrantState::kUnknown), "unknown");
  EXPECT_EQ(to_string(GrantState::kMissing), "missing");
  EXPECT_EQ(to_string(GrantState::kFresh), "fresh");
  EXPECT_EQ(to_string(GrantState::kRefreshing), "refreshing");
  EXPECT_EQ(to_string(GrantState::kRevoked), "revoked");
  EXPECT_EQ(to_string(Kind::kOauth), "oauth");
  EXPECT_EQ(to_string(Kind::kIntegration), "integration");
  EXPECT_EQ(to_string(Kind::kStatic), "static");
}

}  // namespace
}  // namespace postern::grants
