#include "admin/scope_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace postern::admin {
namespace {

using testing::ElementsAre;

const ScopeChoice& of(const std::vector<ScopeChoice>& all, const std::string& subject) {
  return *std::find_if(all.begin(), all.end(),
                       [&](const ScopeChoice& one) { return one.subject == subject; });
}

std::vector<std::string> chosen(const std::vector<ScopeChoice>& all) {
  std::vector<std::string> names;
  for (const ScopeChoice& choice : all)
    for (const auto* list : {&choice.ladder, &choice.others})
      for (const ScopeOption& option : *list)
        if (option.is_chosen) names.push_back(option.scope);
  return names;
}

std::vector<std::string> names_of(const std::vector<ScopeOption>& options) {
  std::vector<std::string> names;
  for (const ScopeOption& option : options) names.push_back(option.scope);
  return names;
}

TEST(ScopeChoices, StepsThatContainEachOtherAreALadder) {
  const auto all = scope_choices({});
  EXPECT_THAT(names_of(of(all, "member").ladder),
              ElementsAre("member:read", "member:invite", "member:write", "member:admin"));
  EXPECT_THAT(names_of(of(all, "project").ladder),
              ElementsAre("project:read", "project:write", "project:admin"));
  EXPECT_THAT(names_of(of(all, "project").others),
              ElementsAre("project:releases", "project:distribution"));
  EXPECT_TRUE(chosen(all).empty());
}

TEST(ScopeChoices, WhatIsPartOfAnotherSaysSo) {
  const auto all = scope_choices({});
  const ScopeOption& integrations = of(all, "org").others.front();
  EXPECT_EQ(integrations.scope, "org:integrations");
  EXPECT_EQ(integrations.note, "part of org:admin");
}

TEST(ScopeChoices, NobodyIsOfferedWhatNoApplicationGets) {
  for (const ScopeChoice& choice : scope_choices({}))
    for (const ScopeOption& option : choice.others) EXPECT_NE(option.scope, "org:ci");
}

TEST(ScopeChoices, TheGivenOnesAreChosenAndOfALadderTheHighest) {
  EXPECT_THAT(chosen(scope_choices({"org:read", "team:read", "team:admin", "project:releases"})),
              ElementsAre("org:read", "team:admin", "project:releases"));
}

TEST(ScopeChoices, WhatIsUnknownCanBeKept) {
  const auto all = scope_choices({"metrics:peek"});
  EXPECT_THAT(names_of(of(all, "metrics").others), ElementsAre("metrics:peek"));
  EXPECT_THAT(chosen(all), ElementsAre("metrics:peek"));
}

}  // namespace
}  // namespace postern::admin
