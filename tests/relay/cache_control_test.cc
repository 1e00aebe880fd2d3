#include "relay/cache_control.h"

#include <gtest/gtest.h>

#include "relay/builders.h"

namespace postern::relay {
namespace {

using namespace std::chrono_literals;

CacheWish wish(Pairs fields) {
  return read_cache_wish(fields_of(fields));
}
Duration lifetime(Pairs fields, int status = 200) {
  http::ResponseHead head = response(fields);
  head.status = status;
  return own_lifetime(head);
}

TEST(CacheWishTest, SilenceTakesWhatThereIs) {
  const CacheWish none = wish({{"Accept", "application/json"}});
  EXPECT_FALSE(none.only_own);
  EXPECT_FALSE(none.fresh);
  EXPECT_FALSE(none.max_age);
}

TEST(CacheWishTest, PartsConditionsAndNoStoreAreForOneAlone) {
  EXPECT_TRUE(wish({{"Range", "bytes=0-5"}}).only_own);
  EXPECT_TRUE(wish({{"If-None-Match", "\"a\""}}).only_own);
  EXPECT_TRUE(wish({{"if-range", "\"a\""}}).only_own);
  EXPECT_TRUE(wish({{"Cache-Control", "max-age=5, No-Store"}}).only_own);
  EXPECT_FALSE(wish({{"Iffy", "x"}}).only_own);
}

TEST(CacheWishTest, NoCacheAndItsOlderFormsAskForAFreshOne) {
  EXPECT_TRUE(wish({{"Cache-Control", "no-cache"}}).fresh);
  EXPECT_TRUE(wish({{"cache-control", "max-age=0"}}).fresh);
  EXPECT_TRUE(wish({{"Cache-Control", "max-age=x"}}).fresh);
  EXPECT_TRUE(wish({{"Pragma", "no-cache"}}).fresh);
  // RFC 9111 §5.4: Pragma counts only where Cache-Control is silent.
  EXPECT_FALSE(wish({{"Pragma", "no-cache"}, {"Cache-Control", "max-age=60"}}).fresh);
}

TEST(CacheWishTest, TheShorterOfTwoAgesCounts) {
  EXPECT_EQ(wish({{"Cache-Control", "max-age=60, max-age=\"5\""}}).max_age, 5s);
  EXPECT_EQ(wish({{"Cache-Control", "max-age=5"}, {"Cache-Control", "max-age=60"}}).max_age, 5s);
}

TEST(OwnLifetimeTest, WhatSaysNothingMayBeKept) {
  EXPECT_EQ(lifetime({{"Content-Type", "application/json"}}), Duration::max());
  EXPECT_EQ(lifetime({{"Cache-Control", "private"}}), Duration::max());
  EXPECT_EQ(lifetime({{"Vary", "Accept-Language, Cookie"}}), Duration::max());
}

TEST(OwnLifetimeTest, WhatSaysNoMayNot) {
  EXPECT_EQ(lifetime({{"Cache-Control", "private, no-store"}}), Duration::zero());
  EXPECT_EQ(lifetime({{"Cache-Control", "no-cache=\"Set-Cookie\""}}), Duration::zero());
  EXPECT_EQ(lifetime({{"Vary", "*"}}), Duration::zero());
  EXPECT_EQ(lifetime({{"Vary", "Accept"}, {"Vary", "User-Agent"}}), Duration::zero());
  EXPECT_EQ(lifetime({{"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}}), Duration::zero());
}

TEST(OwnLifetimeTest, AnAgeOfItsOwnCounts) {
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=30"}, {"Expires", "whenever"}}), 30s);
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=0"}}), Duration::zero());
}

TEST(OwnLifetimeTest, OnlyATwoHundredIsKept) {
  for (const int status : {201, 204, 206, 301, 304, 404, 500})
    EXPECT_EQ(lifetime({}, status), Duration::zero()) << status;
}

TEST(OwnAgeTest, ReadsSeconds) {
  EXPECT_EQ(own_age(response({{"Age", "7"}})), 7s);
  EXPECT_EQ(own_age(response({{"Age", "-7"}})), 0s);
  EXPECT_EQ(own_age(response({})), 0s);
}

}  // namespace
}  // namespace postern::relay
