#include "policy/api_path.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {
namespace {

using Segments = std::vector<std::string_view>;

Segments segments_of(std::string_view path) {
  const auto split = split_api_path(path);
  if (!split) return {"(none)"};
  return {split->segments.begin(), split->segments.begin() + split->count};
}

TEST(ApiPath, IsPartedAtEachSlashAndNotDecoded) {
  EXPECT_EQ(segments_of("/api/0/"), Segments{});
  EXPECT_EQ(segments_of("/api/0/a"), Segments{"a"});
  EXPECT_EQ(segments_of("/api/0/a/"), Segments{"a"});
  EXPECT_EQ(segments_of("/api/0/a%2Fb/c"), (Segments{"a%2Fb", "c"}));
  EXPECT_EQ(segments_of("/api/0//a//"), (Segments{"", "a", ""}));
}

TEST(ApiPath, OtherPathsAreNone) {
  for (const std::string_view path : {"", "/", "/api/0", "/api/1/x/", "api/0/x/", "/API/0/x/"})
    EXPECT_FALSE(split_api_path(path)) << path;
}

TEST(ApiPath, RemembersTheSlashAtTheEnd) {
  EXPECT_TRUE(split_api_path("/api/0/")->slash);
  EXPECT_TRUE(split_api_path("/api/0/a/")->slash);
  EXPECT_FALSE(split_api_path("/api/0/a")->slash);
}

TEST(ApiPath, LooksAtTheFirstSegmentsOnly) {
  std::string path = "/api/0/";
  for (int i = 0; i < 10'000; ++i) path += "a/";
  const auto split = split_api_path(path);
  EXPECT_EQ(split->count, ApiPath::kMostSegments + 1);
  EXPECT_EQ(split->behind(2, path), std::string_view(path).substr(7 + 4));
}

TEST(ApiPath, GivesWhatIsBehindASegment) {
  constexpr std::string_view kPath = "/api/0/a/b/c/";
  const auto split = split_api_path(kPath);
  EXPECT_EQ(split->behind(0, kPath), "a/b/c/");
  EXPECT_EQ(split->behind(2, kPath), "c/");
  EXPECT_EQ(split->behind(3, kPath), "");
}

}  // namespace
}  // namespace postern::policy
