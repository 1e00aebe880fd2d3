#include "admin/query.h"

#include <gtest/gtest.h>

#include <array>

namespace postern::admin {
namespace {

constexpr std::array<std::string_view, 2> kKnown{"path", "grant"};

TEST(Query, ValuesAreDecoded) {
  const auto values = parse_query("path=%2Fapi/0/a%20b%25+c&grant=", kKnown);
  ASSERT_TRUE(values) << values.error().what;
  EXPECT_EQ(values->at("path"), "/api/0/a b%+c");
  EXPECT_EQ(values->at("grant"), "");
  EXPECT_TRUE(parse_query("", kKnown)->empty());
}

TEST(Query, AnEqualsSignInAValueStays) {
  EXPECT_EQ(parse_query("path=a=b", kKnown)->at("path"), "a=b");
}

TEST(Query, WhatCouldMeanTwoThingsIsRefused) {
  for (const std::string_view query :
       {"path=%", "path=%2", "path=%2x", "path=%zz", "path=% 2", "path=%00", "path=%0a", "path=%7f",
        "path=a&path=b", "path", "path&grant=a", "other=1", "=a", "path=a&&grant=b", "&path=a",
        "PATH=a", "pa%74h=a"})
    EXPECT_FALSE(parse_query(query, kKnown)) << query;
}

}  // namespace
}  // namespace postern::admin
