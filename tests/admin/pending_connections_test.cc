#include "admin/pending_connections.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace postern::admin {
namespace {

using namespace std::chrono_literals;
using Fault = PendingConnections::Fault;

class Pending : public testing::Test {
 protected:
  struct Begun {
    Secret state;
    Secret cookie;
  };
  Begun begin(const std::string& grant = "acme") {
    PendingConnection connection{grant,
                                 {"org:read"},
                                 "http://127.0.0.1:1/oauth/callback",
                                 false,
                                 grants::make_authorization_secrets()};
    Secret state = connection.secrets.state;
    return {state, pending_.add(std::move(connection), clock_.now())};
  }
  PendingConnections::Taken take(const Secret& state, const Secret& cookie) {
    return pending_.take(state, cookie, clock_.now());
  }

  test::FakeClock clock_;
  PendingConnections pending_;
};

TEST_F(Pending, IsTakenWithStateAndCookie) {
  const Begun begun = begin();
  EXPECT_GE(begun.cookie.reveal().size(), 22U) << "128 bits in base64url";
  EXPECT_FALSE(begun.cookie == begun.state);
  const auto taken = take(begun.state, begun.cookie);
  ASSERT_TRUE(taken.connection);
  EXPECT_EQ(taken.connection->grant, "acme");
  EXPECT_FALSE(taken.connection->secrets.pkce.verifier.empty());
}

TEST_F(Pending, IsTakenOnce) {
  const Begun begun = begin();
  ASSERT_TRUE(take(begun.state, begun.cookie).connection);
  const auto again = take(begun.state, begun.cookie);
  EXPECT_FALSE(again.connection);
  EXPECT_EQ(again.fault, Fault::kUsed);
}

TEST_F(Pending, BelongsToTheBrowserThatBeganIt) {
  const Begun one = begin();
  const Begun two = begin();
  for (const Secret& cookie : {two.cookie, Secret(), Secret("x")}) {
    const auto taken = take(one.state, cookie);
    EXPECT_FALSE(taken.connection);
    EXPECT_EQ(taken.fault, Fault::kOtherBrowser);
  }
  EXPECT_TRUE(take(one.state, one.cookie).connection) << "nothing was used up by it";
}

TEST_F(Pending, WhatNobodyBeganIsUnknown) {
  const Begun begun = begin();
  EXPECT_EQ(take(Secret("other"), begun.cookie).fault, Fault::kUnknown);
  EXPECT_EQ(take(Secret(), begun.cookie).fault, Fault::kUnknown);
}

TEST_F(Pending, ExpiresAfterTenMinutes) {
  const Begun early = begin();
  clock_.advance(10min - 1ms);
  EXPECT_TRUE(take(early.state, early.cookie).connection);
  const Begun late = begin();
  clock_.advance(10min);
  EXPECT_EQ(take(late.state, late.cookie).fault, Fault::kExpired);
}

TEST_F(Pending, OneTooManyTakesThePlaceOfTheOldest) {
  const Begun first = begin();
  const Begun second = begin();
  for (size_t i = 1; i < PendingConnections::kMost; ++i) begin();
  EXPECT_EQ(pending_.size(), PendingConnections::kMost);
  EXPECT_EQ(take(first.state, first.cookie).fault, Fault::kUnknown);
  EXPECT_TRUE(take(second.state, second.cookie).connection);
}

}  // namespace
}  // namespace postern::admin
