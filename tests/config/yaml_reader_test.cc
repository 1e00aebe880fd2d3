#include "config/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::config {
namespace {

using ::testing::HasSubstr;

Node parsed(std::string_view text) {
  auto node = parse_yaml(text, "a.yaml");
  if (node) return *node;
  ADD_FAILURE() << format(node.error());
  return {};
}

std::string fault_of(std::string_view text) {
  auto node = parse_yaml(text, "a.yaml");
  return node ? "none" : format(node.error());
}

TEST(YamlReader, KeepsOrderAndPlaces) {
  Node root = parsed("# a comment\nb: 1\na:\n  - x\n  - { c: \"y z\" }\n");
  ASSERT_EQ(root.kind, Node::Kind::kMap);
  ASSERT_EQ(root.children.size(), 2U);
  EXPECT_EQ(root.children[0].key, "b");
  EXPECT_EQ(format(root.children[0].key_origin), "a.yaml:2:1");
  EXPECT_EQ(format(root.children[0].origin), "a.yaml:2:4");
  const Node& list = root.children[1];
  ASSERT_EQ(list.kind, Node::Kind::kList);
  EXPECT_EQ(list.children[0].text, "x");
  EXPECT_EQ(format(list.children[1].children[0].origin), "a.yaml:5:10");
  EXPECT_EQ(list.children[1].children[0].text, "y z");
}

TEST(YamlReader, TellsNothingFromText) {
  Node root = parsed("a:\nb: null\nc: ~\nd: 'null'\ne: ''\n");
  EXPECT_TRUE(root.children[0].is_null());
  EXPECT_EQ(format(root.children[0].origin), "a.yaml:1:1");
  EXPECT_TRUE(root.children[1].is_null());
  EXPECT_TRUE(root.children[2].is_null());
  EXPECT_EQ(root.children[3].text, "null");
  EXPECT_EQ(root.children[4].kind, Node::Kind::kScalar);
}

TEST(YamlReader, AnEmptyFileIsNull) {
  EXPECT_TRUE(parsed("").is_null());
  EXPECT_TRUE(parsed("# only a comment ${X}\n").is_null());
}

TEST(YamlReader, KeepsBothOfTwoEqualKeys) {
  EXPECT_EQ(parsed("a: 1\na: 2\n").children.size(), 2U);
}

TEST(YamlReader, FollowsAliases) {
  Node root = parsed("a: &x [1, 2]\nb: *x\n");
  EXPECT_EQ(root.children[1].children.size(), 2U);
}

TEST(YamlReader, NamesThePlaceOfAMistake) {
  EXPECT_THAT(fault_of("a: 1\nb: [\n"), HasSubstr("a.yaml:"));
  EXPECT_THAT(fault_of("a: 1\n  b: 2\n"), HasSubstr("a.yaml:2:"));
  EXPECT_THAT(fault_of("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
  EXPECT_THAT(fault_of("? [a]\n: 1\n"), HasSubstr("key must be plain text"));
}

TEST(YamlReader, BoundsWhatItIsGiven) {
  EXPECT_THAT(fault_of(std::string((1 << 20) + 1, '#')), HasSubstr("larger than 1 MiB"));
  EXPECT_NE(fault_of(std::string(100, '[') + std::string(100, ']')), "none");
  EXPECT_NE(fault_of(std::string(100000, '[')), "none");
  EXPECT_NE(fault_of("a: &a [*a]\n"), "none");
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    std::string item = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + item;
    for (int k = 0; k < 9; ++k) bomb += "," + item;
    bomb += "]\n";
  }
  EXPECT_THAT(fault_of(bomb), HasSubstr("too many values"));
}

// The library would take 400 MB for it: a reload of such a file must not end a small container.
TEST(YamlReader, CountsBeforeAnythingIsMadeOfIt) {
  EXPECT_EQ(fault_of("a: [" + std::string(900000, ',') + "]"), "a.yaml:1:1: too many values");
  EXPECT_EQ(fault_of("a: 1\n" + std::string(50000, '\n')), "none");
}

}  // namespace
}  // namespace postern::config
