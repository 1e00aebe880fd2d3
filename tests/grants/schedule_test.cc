#include "grants/schedule.h"

#include <gtest/gtest.h>

namespace postern::grants {
namespace {

constexpr Instant kStart{1h};

Token lasting(Duration lifetime) {
  Token token;
  token.obtained_at = kStart;
  token.lifetime = lifetime;
  token.dies_at = kStart + lifetime;
  return token;
}

RefreshPlan plan(Duration lifetime, double random = 0) {
  return plan_refresh(lasting(lifetime), RefreshOptions{}, random);
}

TEST(Schedule, ATenthOfTheLifetimeIsLeft) {
  EXPECT_EQ(plan(30 * 24h).early, kStart + 27 * 24h);
  EXPECT_EQ(plan(30 * 24h).last_safe, kStart + 30 * 24h - 60s);
}

TEST(Schedule, OfAShortLifeItIsMoreThanTheLastSafeMoment) {
  EXPECT_EQ(plan(2s).last_safe, kStart + 1500ms);
  EXPECT_EQ(plan(2s).early, kStart + 1250ms);
}

TEST(Schedule, AHoldEndsBeforeTheLastSafeMoment) {
  EXPECT_EQ(plan(30 * 24h).first_hold, plan(30 * 24h).early);
  EXPECT_EQ(plan(30 * 24h).hold, 2s);
  EXPECT_EQ(plan(2s).first_hold, kStart + 1s);
  EXPECT_EQ(plan(2s).hold, 500ms);
}

TEST(Schedule, JitterIsEarlierOnlyAndNeverBelowTheFloor) {
  for (Duration lifetime :
       {Duration(1s), Duration(2s), Duration(1min), Duration(1h), Duration(720h)}) {
    for (double random : {0.0, 0.3, 0.999}) {
      RefreshPlan made = plan(lifetime, random);
      EXPECT_LE(made.early, plan(lifetime).early);
      EXPECT_GE(made.early, kStart + std::min<Duration>(60s, lifetime / 2));
      EXPECT_LT(made.early, made.last_safe);
    }
  }
}

TEST(Schedule, TheFloorHoldsWhateverIsConfigured) {
  RefreshOptions eager;
  eager.early_percent = 99;
  EXPECT_EQ(plan_refresh(lasting(1h), eager, 0.9).early, kStart + 60s);
  EXPECT_EQ(plan_refresh(lasting(10s), eager, 0.9).early, kStart + 5s);
}

TEST(Schedule, NoLifetimeOverflowsOrGoesBackwards) {
  EXPECT_EQ(plan(0s).early, kStart);
  EXPECT_EQ(plan(-5s).hold, 0s);
  const Duration ten_years = 3652 * 24h;
  EXPECT_GT(plan(ten_years, 0.999).early, kStart + 3000 * 24h);
}

TEST(Schedule, AttemptsGrowDenserTowardsTheLastSafeMoment) {
  RefreshPlan made = plan(30 * 24h);
  Instant now = made.early;
  int attempts = 0;
  for (; now < made.last_safe; ++attempts) {
    Instant next = next_attempt(made, now);
    ASSERT_GT(next, now);
    ASSERT_LE(next, made.last_safe);
    now = next;
  }
  EXPECT_LT(attempts, 100);
}

TEST(Schedule, RestsDoubleUpToTheMost) {
  RefreshOptions options;
  EXPECT_EQ(backoff(1, options, {}, 0.999), 1s);
  Duration before{};
  for (int failures = 2; failures < 9; ++failures) {
    Duration rest = backoff(failures, options, {}, 0);
    EXPECT_GE(rest, before);
    before = rest;
  }
  EXPECT_LE(backoff(1'000'000, options, {}, 0.999), 5min);
  EXPECT_GE(backoff(1'000'000, options, {}, 0), 150s);
}

TEST(Schedule, WhatTheEndpointAsksForCountsWithinReason) {
  RefreshOptions options;
  EXPECT_EQ(backoff(1, options, 20min, 0), 20min);
  EXPECT_EQ(backoff(1, options, 0s, 0), 1s);
  EXPECT_EQ(backoff(1, options, 1000h, 0), 1h);
}

}  // namespace
}  // namespace postern::grants
