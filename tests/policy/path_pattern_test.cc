#include "policy/path_pattern.h"

#include <gtest/gtest.h>

#include <string_view>

#include "policy/options.h"

namespace postern::policy {
namespace {

ApiPath path(std::string_view text) {
  return *split_api_path(text);
}

bool fits(std::string_view pattern, std::string_view text) {
  const Result<PathPattern> parsed = parse_pattern(pattern);
  EXPECT_TRUE(parsed.has_value()) << pattern << (parsed ? "" : parsed.error().what);
  return parsed && parsed->fits(path(text));
}

PathPattern with_value(std::string_view slug) {
  PathPattern pattern = pattern_of("/api/0/projects/{o}/{p}/*");
  pattern.segments[2] = {PathPattern::Kind::kValue, std::string(slug)};
  return pattern;
}

TEST(PathPattern, IsMadeOfWordsNamesPairsAndAStar) {
  using Kind = PathPattern::Kind;
  const PathPattern pattern = pattern_of("/api/0/events/{project}:{event}/{x}/*");
  ASSERT_EQ(pattern.segments.size(), 3u);
  EXPECT_EQ(pattern.segments[0].kind, Kind::kWord);
  EXPECT_EQ(pattern.segments[0].text, "events");
  EXPECT_EQ(pattern.segments[1].kind, Kind::kPair);
  EXPECT_EQ(pattern.segments[2].kind, Kind::kAny);
  EXPECT_TRUE(pattern.open);
  EXPECT_FALSE(pattern_of("/api/0/events/").open);
}

TEST(PathPattern, FitsByteByByteWithTheSlashLeftOut) {
  const PathPattern pattern = pattern_of("/api/0/issues/{issue_id}/");
  for (const std::string_view text : {"/api/0/issues/1/", "/api/0/issues/1", "/api/0/groups/1/"})
    EXPECT_TRUE(pattern.fits(path(text))) << text;
  for (const std::string_view text : {"/api/0/Issues/1/", "/api/0/issues/", "/api/0/issues/1/x/"})
    EXPECT_FALSE(pattern.fits(path(text))) << text;
  EXPECT_TRUE(pattern_of("/api/0/x/{a}:{b}/").fits(path("/api/0/x/1%3A2/")));
  EXPECT_FALSE(pattern_of("/api/0/x/{a}:{b}/").fits(path("/api/0/x/12/")));
}

TEST(PathPattern, ALikenessIsNearWhereALooserServerWouldTakeItForTheSame) {
  const PathPattern pattern = pattern_of("/api/0/issues/{issue_id}/notes/");
  EXPECT_EQ(pattern.likeness(path("/api/0/issues/1/notes/")), Likeness::kSame);
  EXPECT_EQ(pattern.likeness(path("/api/0/groups/1/notes/")), Likeness::kSame);
  for (const std::string_view text :
       {"/api/0/ISSUES/1/notes/", "/api/0/issues/1/notes;x=1/", "/api/0/issues/1/notes%3B/",
        "/api/0/issues/1/notes./", "/api/0/issues/1/notes%20/", "/api/0/issues/1/%20notes/",
        "/api/0/issues/1/notes%3Fx/", "/api/0/issues/1/comments/", "/api/0/issues/1/Comments./"})
    EXPECT_EQ(pattern.likeness(path(text)), Likeness::kNear) << text;
  for (const std::string_view text :
       {"/api/0/issues/1/note/", "/api/0/issues/1/notes2/", "/api/0/issues/1/notes.x/",
        "/api/0/issues/1/hashes/", "/api/0/issues/1/", "/api/0/issues/1/notes/2/"})
    EXPECT_EQ(pattern.likeness(path(text)), Likeness::kNone) << text;
}

TEST(PathPattern, ANameMightBeWrittenAsAnyNumberOrAsNoSlugAtAll) {
  const PathPattern pattern = with_value("web");
  EXPECT_EQ(pattern.likeness(path("/api/0/projects/acme/web/keys/")), Likeness::kSame);
  for (const std::string_view name : {"WEB", "17", "web;x", "web%20", "%EF%BC%91", "w.b"}) {
    const std::string text = "/api/0/projects/acme/" + std::string(name) + "/";
    EXPECT_EQ(pattern.likeness(path(text)), Likeness::kNear) << name;
  }
  EXPECT_EQ(pattern.likeness(path("/api/0/projects/acme/web2/")), Likeness::kNone);
}

TEST(PathPattern, APlainPathFitsItselfWithOrWithoutSlash) {
  EXPECT_TRUE(fits("/api/0/broadcasts/", "/api/0/broadcasts/"));
  EXPECT_TRUE(fits("/api/0/broadcasts/", "/api/0/broadcasts"));
  EXPECT_TRUE(fits("/api/0/broadcasts", "/api/0/broadcasts/"));
  EXPECT_TRUE(fits("/api/0/", "/api/0/"));
  EXPECT_FALSE(fits("/api/0/broadcasts/", "/api/0/broadcasts/7/"));
  EXPECT_FALSE(fits("/api/0/broadcasts/", "/api/0/Broadcasts/"));
  EXPECT_FALSE(fits("/api/0/broadcasts/", "/api/0/"));
  EXPECT_FALSE(fits("/api/0/", "/api/0/broadcasts/"));
}

TEST(PathPattern, AParameterIsOneSegment) {
  constexpr std::string_view kPattern = "/api/0/sentry-apps/{app}/components/";
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/my-app/components/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps/components/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps/a/b/components/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps/my-app/"));
}

TEST(PathPattern, AStarIsWhateverFollows) {
  constexpr std::string_view kPattern = "/api/0/sentry-apps/*";
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/"));
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/a/"));
  EXPECT_TRUE(fits(kPattern, "/api/0/sentry-apps/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/"));
  EXPECT_FALSE(fits(kPattern, "/api/0/sentry-apps-x/"));
  EXPECT_TRUE(fits("/api/0/*", "/api/0/"));
  EXPECT_TRUE(fits("/api/0/{any}/x/*", "/api/0/y/x/z/"));
}

TEST(PathPattern, WhatCanNeverFitOrMeansTwoThingsIsAFault) {
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
      {"/api/0/{a b}/", "brace"},
      {"/api/0/{a}:b/", "brace"},
      {"/api/0/x?y=1", "can never match"},
      {"/api/0/../x/", "dot segment"},
      {"/api/0/%2e%2e/", "can never match"},
      {"/api/0/a b/", "can never match"},
      {"/api/0/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/", "too many"},
  };
  for (const Row& row : kRows)
    EXPECT_NE(pattern_fault(row.pattern).value_or("").find(row.word), std::string::npos)
        << row.pattern << ": " << pattern_fault(row.pattern).value_or("");
}

}  // namespace
}  // namespace postern::policy
