#include "policy/path_pattern.h"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

ApiPath path(std::string_view text) {
  return *split_api_path(text);
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

}  // namespace
}  // namespace postern::policy
