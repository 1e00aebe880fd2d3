#include "admin/scope_tree.h"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

// "project read+ write- admin." with + given, - contained, . not there.
std::string line_of(const ScopeBranch& branch) {
  std::string line = branch.subject;
  for (const ScopeLevel& level : branch.levels)
    line += ' ' + level.name +
            (level.hold == Hold::kGiven       ? '+'
             : level.hold == Hold::kContained ? '-'
                                              : '.');
  return line;
}

std::string line_of(const std::vector<std::string>& scopes, std::string_view subject) {
  for (const ScopeBranch& branch : scope_tree(scopes))
    if (branch.subject == subject) return line_of(branch);
  return {};
}

TEST(ScopeTree, EachSubjectHasAllItsLevels) {
  EXPECT_EQ(line_of({"team:read"}, "team"), "team read+ write. admin.");
  EXPECT_EQ(line_of({"team:read"}, "event"), "event read. write. admin.");
}

TEST(ScopeTree, WhatAWiderScopeContainsIsMarked) {
  EXPECT_EQ(line_of({"event:admin"}, "event"), "event read- write- admin+");
  EXPECT_EQ(line_of({"event:admin", "event:read"}, "event"), "event read+ write- admin+");
}

TEST(ScopeTree, OtherScopesAreThereWhenHeld) {
  EXPECT_EQ(line_of({"org:read"}, "org"), "org read+ write. admin.");
  EXPECT_EQ(line_of({"org:admin"}, "org"), "org read- write- admin+ integrations-");
  EXPECT_EQ(line_of({"team:read"}, "openid"), "");
  EXPECT_EQ(line_of({"openid"}, "openid"), "openid +");
}

TEST(ScopeTree, UnknownOnesComeLast) {
  const std::vector<ScopeBranch> tree = scope_tree({"snuba:poke", "team:fly", "<b>"});
  ASSERT_GE(tree.size(), 2u);
  EXPECT_EQ(line_of(tree[tree.size() - 2]), "snuba poke+");
  EXPECT_EQ(line_of(tree.back()), "<b> +");
  EXPECT_EQ(line_of({"team:fly"}, "team"), "team read. write. admin. fly+");
}

}  // namespace
}  // namespace postern::admin
