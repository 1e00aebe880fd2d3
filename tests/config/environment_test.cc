#include "config/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace postern::config {
namespace {

using ::testing::HasSubstr;

const Environment kEnvironment{{"NAME", "value"}, {"EMPTY", ""}, {"MONEY", "$NAME ${NAME}"}};

std::string expanded(const std::string& text) {
  Node node = make_scalar(text, {});
  Faults faults;
  expand(node, kEnvironment, faults);
  for (const Fault& fault : faults) ADD_FAILURE() << format(fault);
  return node.text;
}

std::string fault_of(const std::string& text) {
  Node node = make_scalar(text, {});
  Faults faults;
  expand(node, kEnvironment, faults);
  return faults.size() == 1 ? faults.front().message : "no single fault";
}

TEST(Expansion, ReplacesVariables) {
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("${NAME}"), "value");
  EXPECT_EQ(expanded("a${NAME}b${NAME}c"), "avaluebvaluec");
  EXPECT_EQ(expanded("${EMPTY}"), "");
}

TEST(Expansion, TakesTheDefaultWhenUnsetOrEmpty) {
  EXPECT_EQ(expanded("${MISSING:-other}"), "other");
  EXPECT_EQ(expanded("${MISSING:-}"), "");
  EXPECT_EQ(expanded("${EMPTY:-other}"), "other");
  EXPECT_EQ(expanded("${NAME:-other}"), "value");
  EXPECT_EQ(expanded("${MISSING:-a:-b}"), "a:-b");
}

TEST(Expansion, TwoDollarsAreOne) {
  EXPECT_EQ(expanded("a$$b"), "a$b");
  EXPECT_EQ(expanded("$${NAME}"), "${NAME}");
  EXPECT_EQ(expanded("$$$$"), "$$");
}

TEST(Expansion, IsNotDoneTwice) {
  EXPECT_EQ(expanded("${MONEY}"), "$NAME ${NAME}");
}

TEST(Expansion, RefusesWhatIsUnsetOrMalformed) {
  EXPECT_THAT(fault_of("${MISSING}"), HasSubstr("MISSING is not set"));
  for (const char* text : {"$", "$NAME", "a$", "${NAME", "$ {NAME}"}) {
    EXPECT_THAT(fault_of(text), HasSubstr("$$")) << text;
  }
  for (const char* text : {"${}", "${1A}", "${A B}", "${A-b}", "${:-b}"}) {
    EXPECT_THAT(fault_of(text), HasSubstr("not the name of a variable")) << text;
  }
}

TEST(Expansion, GoesThroughTheWholeTreeAndNamesThePath) {
  Node list;
  list.kind = Node::Kind::kList;
  list.key = "list";
  list.children = {make_scalar("${NAME}", {}), make_scalar("${MISSING}", {})};
  Node root;
  root.kind = Node::Kind::kMap;
  root.children = {list};
  Faults faults;
  expand(root, kEnvironment, faults);
  EXPECT_EQ(root.children[0].children[0].text, "value");
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].path, "list[1]");
}

TEST(ProcessEnvironment, IsACopyOfTheRealOne) {
  ASSERT_EQ(::setenv("POSTERN_UNIT_TEST", "a=b", 1), 0);
  auto environment = process_environment();
  ::unsetenv("POSTERN_UNIT_TEST");
  EXPECT_EQ(environment["POSTERN_UNIT_TEST"], "a=b");
}

}  // namespace
}  // namespace postern::config
