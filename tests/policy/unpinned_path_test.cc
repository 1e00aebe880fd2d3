// Patterns as the configuration writes them: each row is a pattern, a path, and whether it fits.
#include "policy/unpinned_path.h"

#include <gtest/gtest.h>

#include <string_view>

namespace postern::policy {
namespace {

bool fits(std::string_view pattern, std::string_view path) {
  const Result<UnpinnedPath> parsed = UnpinnedPath::parse(pattern);
  EXPECT_TRUE(parsed.has_value()) << pattern << (parsed ? "" : parsed.error().what);
  return parsed && parsed->covers(*split_api_path(path));
}

std::string fault(std::string_view pattern) {
  const Result<UnpinnedPath> parsed = UnpinnedPath::parse(pattern);
  return parsed ? "" : parsed.error().what;
}

TEST(UnpinnedPath, APlainPathFitsItselfWithOrWithoutSlash) {
  EXPECT_TRUE(fits("/api/0/broadcasts/", "/api/0/broadcasts/"));
  EXPECT_TRUE(fits("/api/0/broadcasts/", "/api/0/broadcasts"));
  EXPECT_TRUE(fits("/api/0/broadcasts", "/api/0/broadcasts/"));
  EXPECT_TRUE(fits("/api/0/", "/api/0/"));
  EXPECT_FALSE(fits("/api/0/broadcasts/", "/api/0/broadcasts/7/"));
  EXPECT_FALSE(fits("/api/0/broadcasts/", "/api/0/Broadcasts/"));
  EXPECT_FALSE(fits("/api/0/broadcasts/", "/api/0/"));
  EXPECT_FALSE(fits("/api/0/", "/api/0/broadcasts/"));
}

TEST(UnpinnedPath, AParameterIsOneSegment) {
  constexpr std::string_view kPattern = "/api/0/sentry-apps/{app}/components/";
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/my-app/components/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps/components/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps/a/b/components/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps/my-app/"));
}

TEST(UnpinnedPath, AStarIsWhateverFollows) {
  constexpr std::string_view kPattern = "/api/0/sentry-apps/*";
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/"));
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/a/"));
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps-x/"));
  EXPECT_TRUE(fits("/api/0/*", "/api/0/"));
  EXPECT_TRUE(fits("/api/0/{any}/x/*", "/api/0/y/x/z/"));
}

TEST(UnpinnedPath, WhatCanNeverFitOrMeansTwoThingsIsAFault) {
  struct Row {
    std::string_view pattern;
    std::string_view word;  // of the fault
  };
  constexpr Row kRows[] = {
      {"", "/api/0/"},
      {"broadcasts/", "/api/0/"},
      {"/api/0", "/api/0/"},
      {"/api/1/x/", "/api/0/"},
      {"/api/0//x/", "empty"},
      {"/api/0/x//", "empty"},
      {"/api/0/*/x/", "star"},
      {"/api/0/x*", "star"},
      {"/api/0/*/", "star"},
      {"/api/0/{x/", "brace"},
      {"/api/0/x{y}/", "brace"},
      {"/api/0/{}/", "brace"},
      {"/api/0/{a}{b}/", "brace"},
      {"/api/0/x?y=1", "can never match"},
      {"/api/0/../x/", "dot segment"},
      {"/api/0/%2e%2e/", "can never match"},
      {"/api/0/a b/", "can never match"},
      {"/api/0/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/", "too many"},
  };
  for (const Row& row : kRows)
    EXPECT_NE(fault(row.pattern).find(row.word), std::string::npos)
        << row.pattern << ": " << fault(row.pattern);
}

}  // namespace
}  // namespace postern::policy
