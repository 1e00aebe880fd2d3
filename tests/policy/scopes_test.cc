#include "policy/scopes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Scopes, AreTheTwentySixThatSentryNames) {
  EXPECT_EQ(known_scopes().size(), 26U);
}

TEST(Scopes, AWiderOneContainsTheNarrowerOnes) {
  EXPECT_TRUE(implies("project:admin", "project:read"));
  EXPECT_TRUE(implies("project:admin", "project:write"));
  EXPECT_TRUE(implies("org:admin", "org:integrations"));
  EXPECT_TRUE(implies("org:admin", "org:read"));
  EXPECT_TRUE(implies("member:admin", "member:invite"));
  EXPECT_TRUE(implies("member:write", "member:read"));
  EXPECT_TRUE(implies("alerts:write", "alerts:read"));
}

TEST(Scopes, NothingContainsWhatItDoesNot) {
  EXPECT_FALSE(implies("project:read", "project:admin"));
  EXPECT_FALSE(implies("project:admin", "project:releases"));
  EXPECT_FALSE(implies("project:releases", "project:read"));
  EXPECT_FALSE(implies("org:write", "org:integrations"));
  EXPECT_FALSE(implies("org:admin", "org:billing"));
  EXPECT_FALSE(implies("team:admin", "project:read"));
  EXPECT_FALSE(implies("", "org:read"));
}

TEST(Scopes, SeveralTogetherCoverWhatOneOfThemContains) {
  EXPECT_TRUE(covers({"org:read", "event:admin"}, "event:read"));
  EXPECT_FALSE(covers({"org:read", "event:admin"}, "team:read"));
  EXPECT_FALSE(covers({}, "org:read"));
}

TEST(Scopes, AKnownOneMayBeAskedFor) {
  for (std::string_view scope : known_scopes())
    EXPECT_EQ(scope_fault(scope).has_value(), scope == "org:ci") << scope;
}

TEST(Scopes, ATypingErrorIsAnsweredWithTheNearestName) {
  EXPECT_THAT(scope_fault("project:raed").value_or(""), HasSubstr("did you mean project:read?"));
  EXPECT_THAT(scope_fault("orgs:read").value_or(""), HasSubstr("did you mean org:read?"));
  EXPECT_THAT(scope_fault("something else entirely").value_or(""), HasSubstr("each one"));
  EXPECT_THAT(scope_fault("zzzzzzzzzzzzzzz").value_or(""), HasSubstr("not a scope"));
}

TEST(Scopes, TheOneThatNoApplicationGetsIsRefusedWithTheWayOut) {
  EXPECT_THAT(scope_fault("org:ci").value_or(""), HasSubstr("kind static"));
}

TEST(Scopes, AListIsNotAScope) {
  EXPECT_THAT(scope_fault("org:read,team:read").value_or(""), HasSubstr("entry of the list"));
}

TEST(Scopes, ControlBytesDoNotReachTheMessage) {
  EXPECT_THAT(scope_fault("\x1b[2J").value_or(""), HasSubstr("\"?[2J\""));
}

TEST(Scopes, WhatAnotherOneContainsIsSuperfluous) {
  EXPECT_THAT(redundant_scopes({"project:read", "org:read", "project:admin"}),
              ElementsAre(Pair("project:read", "project:admin")));
  EXPECT_THAT(redundant_scopes({"org:read", "org:read"}),
              ElementsAre(Pair("org:read", "org:read")));
  EXPECT_THAT(redundant_scopes({"org:read", "project:releases", "project:admin"}), IsEmpty());
}

}  // namespace
}  // namespace postern::policy
