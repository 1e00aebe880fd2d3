#include "grants/grant.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "grants/stored_grant.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

std::shared_ptr<const Token> make(uint64_t generation, Instant from = kStart,
                                  Duration lifetime = 1h) {
  StoredGrant stored;
  stored.generation = generation;
  stored.access_token = Secret("access");
  return make_token(stored, lifetime, from);
}

struct FakeRefresher final : Refresher {
  explicit FakeRefresher(Grant& refreshed) : grant(refreshed) { grant.attach(*this); }
  bool refresh_now(std::string_view) override {
    if (grant.state() == GrantState::kRefreshing) {
      ++urged;
      return true;
    }
    ++asked;
    if (on_ask) on_ask();
    if (can) grant.begin_refresh();
    return can;
  }
  std::optional<Instant> next_try() const override { return next; }
  void on_streams_over() override { ++streams_over; }
  Grant& grant;
  bool can = true;
  int asked = 0;
  int urged = 0;  // while one was under way
  int streams_over = 0;
  std::optional<Instant> next;
  std::function<void()> on_ask;
};

struct Caller final : Waiting {
  explicit Caller(Grant& waited) : grant(waited), ticket(waited.wait(*this)) {}
  void on_settled() override {
    ++told;
    ticket.drop();
    if (then) then();
  }
  Grant& grant;
  Grant::Ticket ticket;
  int told = 0;
  std::function<void()> then;
};

struct GrantTest : ::testing::Test {
  Grant grant{GrantOptions{}};
  FakeRefresher refresher{grant};
  Instant now = kStart + 1min;

  GrantTest() { grant.adopt(make(1)); }

  Ruling refused(uint64_t generation, int replays = 0, int lag_retries = 0,
                 std::string_view route = "GET /x") {
    Refused request;
    request.generation = generation;
    request.sent_at = now - 1s;
    request.route = route;
    request.replays = replays;
    request.lag_retries = lag_retries;
    return grant.refused(request, now);
  }
  // Of a request that cannot be sent again, and long after the token was made.
  Verdict refused_for_good(uint64_t generation, std::string_view route = "POST /upload") {
    Refused request;
    request.generation = generation;
    request.sent_at = now - 1s;
    request.route = route;
    request.replayable = false;
    return grant.refused(request, now).verdict;
  }
  // The refresh that was asked for brings the next token, and time passes.
  void renew() {
    grant.adopt(make(grant.token()->generation + 1, now, 2h));
    now += 10s;
  }
};

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

// ------------------------------------------------------------------------------ 2: generation and
// lag

TEST_F(GrantTest, ARefusalOfAnOlderGenerationIsSentAgainOnce) {
  grant.adopt(make(2, now));
  EXPECT_EQ(refused(1).verdict, Verdict::kReplay);
  EXPECT_EQ(refused(1, 1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(GrantTest, RightAfterARefreshTheSameTokenIsTriedAgainWithGrowingPauses) {
  grant.adopt(make(2, now));
  Duration before{};
  for (int retries = 0; retries < 5; ++retries) {
    Ruling ruling = refused(2, 1, retries);
    EXPECT_EQ(ruling.verdict, Verdict::kLater);
    EXPECT_GT(ruling.after, before);
    before = ruling.after;
  }
  EXPECT_EQ(refused(2, 1, 5).verdict, Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(GrantTest, TheLagWindowIsATenthOfAShortLifetime) {
  grant.adopt(make(2, now, 2s));
  EXPECT_EQ(refused(2).verdict, Verdict::kLater);
  EXPECT_LE(refused(2, 0, 4).after, 200ms);
  now += 200ms;
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(GrantTest, AFirstTokenHasNoLag) {
  grant.adopt(make(1, now));
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
}

// -------------------------------------------------------------------------- 6: what a dead token
// means

TEST_F(GrantTest, ARefusalOfTheTokenInUseAsksForARefresh) {
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
  EXPECT_EQ(refresher.asked, 1);
  EXPECT_EQ(refresher.urged, 1);
}

TEST_F(GrantTest, ADeadTokenThatCannotBeReplacedNowIsUnavailable) {
  refresher.can = false;
  EXPECT_EQ(refused(1).verdict, Verdict::kUnavailable);
  refresher.on_ask = [this] { grant.revoke("gone"); };
  EXPECT_EQ(refused(1).verdict, Verdict::kRevoked);
}

TEST_F(GrantTest, ATokenThatWorkedForALaterRequestIsAliveAndOneMoreTryProvesIt) {
  grant.worked(1, now);
  EXPECT_EQ(refused(1).verdict, Verdict::kLater);
  EXPECT_EQ(refused(1, 0, 1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(1).verdict, Verdict::kPassOn);  // known for the route from now on
  EXPECT_EQ(refused(1, 0, 0, "GET /y").verdict, Verdict::kLater);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(GrantTest, ATokenThatDiedUnderASlowRequestIsFoundOutByTheSecondTry) {
  grant.worked(1, now);  // quick and welcome; then the token died, and the slow one was refused
  EXPECT_EQ(refused(1).verdict, Verdict::kLater);
  now += 5s;
  EXPECT_EQ(refused(1, 0, 1).verdict, Verdict::kWait);
  EXPECT_EQ(refresher.asked, 1);
}

TEST_F(GrantTest, ATokenThatWorkedBeforeMayBeDeadNow) {
  grant.worked(1, now - 2s);
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
}

TEST_F(GrantTest, WhatWorkedWithAnOlderTokenProvesNothing) {
  grant.adopt(make(2));
  grant.worked(1, now);
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(GrantTest, ARefusalDuringARefreshWaitsForItWhateverWorkedBefore) {
  grant.worked(1, now);
  grant.begin_refresh();
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(GrantTest, ARouteThatANewTokenDidNotHelpStartsNoRefreshForTenMinutes) {
  EXPECT_EQ(refused(1, 1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 0);
  EXPECT_EQ(refused(1, 0, 0, "GET /y").verdict, Verdict::kWait);
  grant.adopt(make(2, kStart, 2h));
  now += 11min;
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(GrantTest, ARouteIsNotBlamedForATokenThatWasWelcomeNowhere) {
  grant.worked(1, now - 5s);
  EXPECT_EQ(refused(1, 1).verdict, Verdict::kPassOn);  // the new token was dead as well
  grant.adopt(make(2, kStart, 2h));
  grant.worked(2, now);
  now += 1min;
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(GrantTest, ARouteIsBlamedWhenItsTokenWasWelcomeElsewhere) {
  EXPECT_EQ(refused(1, 1).verdict, Verdict::kPassOn);
  grant.worked(1, now);  // the same kind of request perhaps, to another thing
  grant.adopt(make(2, kStart, 2h));
  grant.worked(2, now);
  now += 1min;
  EXPECT_EQ(refused(2).verdict, Verdict::kPassOn);
  grant.adopt(make(3, kStart, 2h));
  grant.worked(3, now);
  now += 1min;
  EXPECT_EQ(refused(3).verdict, Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 0);
}

// ------------------------------------------------- requests whose replay cannot show what helps

TEST_F(GrantTest, AnUploadThatANewTokenDidNotHelpStartsNoRefreshForTenMinutes) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 1);
  now += 9min;
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  now += 1min;
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
}

TEST_F(GrantTest, AnUploadToBlameStopsNoneThatCanShowWhetherATokenHelps) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  EXPECT_EQ(refused(2, 0, 0, "POST /upload").verdict, Verdict::kWait);
  renew();
  EXPECT_EQ(refused(3, 1, 0, "POST /upload").verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(3, 0, 0, "POST /upload").verdict, Verdict::kPassOn) << "now it has shown";
}

TEST_F(GrantTest, AnUploadThatANewTokenHelpedStartsTheNextRefreshToo) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  EXPECT_TRUE(grant.has_suspects());
  renew();
  grant.route_worked("POST /upload", 2, now);
  EXPECT_FALSE(grant.has_suspects());
  now += 1min;
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
}

TEST_F(GrantTest, WhatTheRefusedTokenStillDidSaysNothingForTheRoute) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  grant.route_worked("POST /upload", 1, now);
  grant.route_worked("POST /other", 2, now);
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
}

TEST_F(GrantTest, AnUploadThatARefreshTookTheTokenFromIsNotToBlame) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(1), Verdict::kReplay) << "begun before, or beside it";
  grant.begin_refresh();
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(3), Verdict::kPassOn);
}

TEST_F(GrantTest, AnUploadToBlameMakesNoRefreshUrgent) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  grant.begin_refresh();
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
  EXPECT_EQ(refresher.urged, 0) << "it may be put off while the store cannot be written";
  EXPECT_EQ(refused(2, 0, 0, "GET /other").verdict, Verdict::kWait);
  EXPECT_EQ(refresher.urged, 1);
}

TEST_F(GrantTest, AnUploadWhoseRefreshFailedMayAskAgain) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  grant.end_refresh("the endpoint is down", now);
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
}

TEST_F(GrantTest, AnUploadIsNotBlamedForATokenThatWasWelcomeNowhere) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);  // the second one had died at once
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);     // as a request shows that can be sent again
  renew();
  grant.worked(3, now);
  now += 1min;
  EXPECT_EQ(refused_for_good(3), Verdict::kWait);
}

TEST_F(GrantTest, UploadsOfManyKindsStartThreeRefreshesInTenMinutes) {
  int asked = 0;
  for (int kind = 0; kind < 20; ++kind) {
    if (refused_for_good(grant.token()->generation, "POST /" + std::to_string(kind)) ==
        Verdict::kWait) {
      ++asked;
      renew();
    }
  }
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(refused(4).verdict, Verdict::kWait) << "others are not held to it";
  now += 10min;
  grant.end_refresh("", now);
  EXPECT_EQ(refused_for_good(4, "POST /late"), Verdict::kWait);
}

TEST_F(GrantTest, UploadsThatAreWelcomeAndRefusedInTurnStartThreeRefreshesInTenMinutes) {
  for (int turn = 0; turn < 20; ++turn) {
    const uint64_t generation = grant.token()->generation;
    grant.worked(generation, now - 2s);
    grant.route_worked("POST /upload", generation, now);
    if (refused_for_good(generation) == Verdict::kWait) renew();
    now += 10s;
  }
  EXPECT_EQ(refresher.asked, 3);
}

TEST_F(GrantTest, RoutesDoNotPileUp) {
  for (int i = 0; i < 1000; ++i) refused(1, 1, 0, "GET /" + std::to_string(i));
  EXPECT_EQ(refused(1, 0, 0, "GET /999").verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(1, 0, 0, "GET /0").verdict, Verdict::kWait);
}

TEST_F(GrantTest, WithoutATokenARefusalIsPassedOn) {
  grant.adopt(nullptr);
  EXPECT_EQ(refused(1).verdict, Verdict::kPassOn);
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

TEST(Grant, SaysItsStateAndKind) {
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
