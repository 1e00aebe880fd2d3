#include "admin/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::admin {
namespace {

using testing::ElementsAre;

TEST(AForm, IsDecoded) {
  const auto form = Form::parse("grant=a%2Fb&text=two+words%2B&empty=&&alone");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->value("grant"), "a/b");
  EXPECT_EQ(form->value("text"), "two words+");
  EXPECT_EQ(form->value("empty"), "");
  EXPECT_EQ(form->value("missing"), "");
}

TEST(AForm, WhatIsThereTwiceIsNotThere) {
  const auto form = Form::parse("grant=a&grant=b");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->value("grant"), "");
}

TEST(AForm, GathersWordsFromAllFieldsOfAName) {
  const auto form = Form::parse("scopes.org=org:read&scopes=a+b&scopes.team=&scope=x&scopesx=y");
  ASSERT_TRUE(form);
  EXPECT_THAT(form->words("scopes"), ElementsAre("org:read", "a", "b"));
}

TEST(AForm, RefusesWhatIsBroken) {
  std::string many;
  for (int i = 0; i < 201; ++i) many += "a=b&";
  for (const std::string& body : {std::string("a=%4"), std::string("a=%zz"), std::string("a=%0a"),
                                  std::string("a=b\n"), many})
    EXPECT_FALSE(Form::parse(body)) << body.substr(0, 20);
}

}  // namespace
}  // namespace postern::admin
