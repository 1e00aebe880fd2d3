// What a grant says of a token that Sentry has refused.
#include <gtest/gtest.h>

#include "grants/grant.h"
#include "grants/grant_fixture.h"

namespace postern::grants {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::make;

using RefusedTest = test::GrantTest;

// ------------------------------------------------------------------------------ 2: generation and
// lag

TEST_F(RefusedTest, ARefusalOfAnOlderGenerationIsSentAgainOnce) {
  grant.adopt(make(2, now));
  EXPECT_EQ(refused(1).verdict, Verdict::kReplay);
  EXPECT_EQ(refused(1, 1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(RefusedTest, RightAfterARefreshTheSameTokenIsTriedAgainWithGrowingPauses) {
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

TEST_F(RefusedTest, TheLagWindowIsATenthOfAShortLifetime) {
  grant.adopt(make(2, now, 2s));
  EXPECT_EQ(refused(2).verdict, Verdict::kLater);
  EXPECT_LE(refused(2, 0, 4).after, 200ms);
  now += 200ms;
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(RefusedTest, AFirstTokenHasNoLag) {
  grant.adopt(make(1, now));
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
}

// -------------------------------------------------------------------------- 6: what a dead token
// means

TEST_F(RefusedTest, ARefusalOfTheTokenInUseAsksForARefresh) {
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
  EXPECT_EQ(refresher.asked, 1);
  EXPECT_EQ(refresher.urged, 1);
}

TEST_F(RefusedTest, ADeadTokenThatCannotBeReplacedNowIsUnavailable) {
  refresher.can = false;
  EXPECT_EQ(refused(1).verdict, Verdict::kUnavailable);
  refresher.on_ask = [this] { grant.revoke("gone"); };
  EXPECT_EQ(refused(1).verdict, Verdict::kRevoked);
}

TEST_F(RefusedTest, ATokenThatWorkedForALaterRequestIsAliveAndOneMoreTryProvesIt) {
  grant.worked(1, now);
  EXPECT_EQ(refused(1).verdict, Verdict::kLater);
  EXPECT_EQ(refused(1, 0, 1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(1).verdict, Verdict::kPassOn);  // known for the route from now on
  EXPECT_EQ(refused(1, 0, 0, "GET /y").verdict, Verdict::kLater);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(RefusedTest, ATokenThatDiedUnderASlowRequestIsFoundOutByTheSecondTry) {
  grant.worked(1, now);  // quick and welcome; then the token died, and the slow one was refused
  EXPECT_EQ(refused(1).verdict, Verdict::kLater);
  now += 5s;
  EXPECT_EQ(refused(1, 0, 1).verdict, Verdict::kWait);
  EXPECT_EQ(refresher.asked, 1);
}

TEST_F(RefusedTest, ATokenThatWorkedBeforeMayBeDeadNow) {
  grant.worked(1, now - 2s);
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
}

TEST_F(RefusedTest, WhatWorkedWithAnOlderTokenProvesNothing) {
  grant.adopt(make(2));
  grant.worked(1, now);
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(RefusedTest, ARefusalDuringARefreshWaitsForItWhateverWorkedBefore) {
  grant.worked(1, now);
  grant.begin_refresh();
  EXPECT_EQ(refused(1).verdict, Verdict::kWait);
  EXPECT_EQ(refresher.asked, 0);
}

TEST_F(RefusedTest, ARouteThatANewTokenDidNotHelpStartsNoRefreshForTenMinutes) {
  EXPECT_EQ(refused(1, 1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(1).verdict, Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 0);
  EXPECT_EQ(refused(1, 0, 0, "GET /y").verdict, Verdict::kWait);
  grant.adopt(make(2, kStart, 2h));
  now += 11min;
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(RefusedTest, ARouteIsNotBlamedForATokenThatWasWelcomeNowhere) {
  grant.worked(1, now - 5s);
  EXPECT_EQ(refused(1, 1).verdict, Verdict::kPassOn);  // the new token was dead as well
  grant.adopt(make(2, kStart, 2h));
  grant.worked(2, now);
  now += 1min;
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);
}

TEST_F(RefusedTest, ARouteIsBlamedWhenItsTokenWasWelcomeElsewhere) {
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

TEST_F(RefusedTest, AnUploadThatANewTokenDidNotHelpStartsNoRefreshForTenMinutes) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  EXPECT_EQ(refresher.asked, 1);
  now += 9min;
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  now += 1min;
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
}

TEST_F(RefusedTest, AnUploadToBlameStopsNoneThatCanShowWhetherATokenHelps) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  EXPECT_EQ(refused(2, 0, 0, "POST /upload").verdict, Verdict::kWait);
  renew();
  EXPECT_EQ(refused(3, 1, 0, "POST /upload").verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(3, 0, 0, "POST /upload").verdict, Verdict::kPassOn) << "now it has shown";
}

TEST_F(RefusedTest, AnUploadThatANewTokenHelpedStartsTheNextRefreshToo) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  EXPECT_TRUE(grant.has_suspects());
  renew();
  grant.route_worked("POST /upload", 2, now);
  EXPECT_FALSE(grant.has_suspects());
  now += 1min;
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
}

TEST_F(RefusedTest, WhatTheRefusedTokenStillDidSaysNothingForTheRoute) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  grant.route_worked("POST /upload", 1, now);
  grant.route_worked("POST /other", 2, now);
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
}

TEST_F(RefusedTest, AnUploadThatARefreshTookTheTokenFromIsNotToBlame) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(1), Verdict::kReplay) << "begun before, or beside it";
  grant.begin_refresh();
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(3), Verdict::kPassOn);
}

TEST_F(RefusedTest, AnUploadToBlameMakesNoRefreshUrgent) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);
  grant.begin_refresh();
  EXPECT_EQ(refused_for_good(2), Verdict::kWait);
  EXPECT_EQ(refresher.urged, 0) << "it may be put off while the store cannot be written";
  EXPECT_EQ(refused(2, 0, 0, "GET /other").verdict, Verdict::kWait);
  EXPECT_EQ(refresher.urged, 1);
}

TEST_F(RefusedTest, AnUploadWhoseRefreshFailedMayAskAgain) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  grant.end_refresh("the endpoint is down", now);
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
}

TEST_F(RefusedTest, AnUploadIsNotBlamedForATokenThatWasWelcomeNowhere) {
  EXPECT_EQ(refused_for_good(1), Verdict::kWait);
  renew();
  EXPECT_EQ(refused_for_good(2), Verdict::kPassOn);  // the second one had died at once
  EXPECT_EQ(refused(2).verdict, Verdict::kWait);     // as a request shows that can be sent again
  renew();
  grant.worked(3, now);
  now += 1min;
  EXPECT_EQ(refused_for_good(3), Verdict::kWait);
}

TEST_F(RefusedTest, UploadsOfManyKindsStartThreeRefreshesInTenMinutes) {
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

TEST_F(RefusedTest, UploadsThatAreWelcomeAndRefusedInTurnStartThreeRefreshesInTenMinutes) {
  for (int turn = 0; turn < 20; ++turn) {
    const uint64_t generation = grant.token()->generation;
    grant.worked(generation, now - 2s);
    grant.route_worked("POST /upload", generation, now);
    if (refused_for_good(generation) == Verdict::kWait) renew();
    now += 10s;
  }
  EXPECT_EQ(refresher.asked, 3);
}

TEST_F(RefusedTest, RoutesDoNotPileUp) {
  for (int i = 0; i < 1000; ++i) refused(1, 1, 0, "GET /" + std::to_string(i));
  EXPECT_EQ(refused(1, 0, 0, "GET /999").verdict, Verdict::kPassOn);
  EXPECT_EQ(refused(1, 0, 0, "GET /0").verdict, Verdict::kWait);
}

TEST_F(RefusedTest, WithoutATokenARefusalIsPassedOn) {
  grant.adopt(nullptr);
  EXPECT_EQ(refused(1).verdict, Verdict::kPassOn);
}

}  // namespace
}  // namespace postern::grants
