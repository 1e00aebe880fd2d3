#include "kubernetes/watch_lines.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::kubernetes {
namespace {

const std::string kModified = R"({"type":"MODIFIED","object":{"metadata":{"resourceVersion":"7"}}})"
                              "\n";
const std::string kBookmark = R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}})"
                              "\n";

TEST(WatchLines, AreCutIntoEventsHoweverTheyCome) {
  const std::string text = kModified + kBookmark;
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    WatchLines lines;
    std::string versions;
    for (const std::string& part : {text.substr(0, cut), text.substr(cut)}) {
      lines.take(part);
      while (const auto event = lines.next()) versions += (*event)->resource_version;
    }
    EXPECT_EQ(versions, "78") << cut;
  }
}

TEST(WatchLines, HalfALineIsNoEvent) {
  WatchLines lines;
  lines.take(kModified.substr(0, 20));
  EXPECT_FALSE(lines.next());
  lines.clear();
  lines.take(kBookmark);
  EXPECT_EQ((*lines.next())->kind, WatchEvent::Kind::kBookmark);
}

TEST(WatchLines, WhatIsNoEventIsAnError) {
  WatchLines lines;
  lines.take("<html>\n");
  const auto event = lines.next();
  ASSERT_TRUE(event);
  EXPECT_FALSE(*event);
}

TEST(WatchLines, ALineWithoutEndIsGivenUp) {
  WatchLines lines;
  lines.take(std::string(kMaxObject + 1, 'x'));
  const auto event = lines.next();
  ASSERT_TRUE(event);
  EXPECT_FALSE(*event);
  EXPECT_FALSE(lines.next());
}

}  // namespace
}  // namespace postern::kubernetes
