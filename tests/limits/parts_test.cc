#include "limits/parts.h"

#include <gtest/gtest.h>

namespace postern::limits {
namespace {

// Tells the table, and hears what it says.
bool talk(Parts& parts, PartsTable& table) {
  return parts.on_answer(table.answer(parts.question()));
}

TEST(Parts, WhatOneFoundOthersFollow) {
  PartsTable table;
  Parts a;
  Parts b;
  a.move("/issues/", "/issues/");
  EXPECT_TRUE(a.has_news());
  EXPECT_TRUE(talk(a, table));
  EXPECT_FALSE(a.has_news());
  EXPECT_TRUE(b.is_behind(table.version()));
  EXPECT_TRUE(talk(b, table));
  EXPECT_EQ(b.bucket_of("/issues/"), "/issues/");
  EXPECT_EQ(b.bucket_of("/projects/"), "");
  EXPECT_FALSE(b.is_behind(table.version()));
}

TEST(Parts, WhatWasFoundOnAnOldVersionIsGivenUp) {
  PartsTable table;
  Parts a;
  Parts b;
  a.move("/issues/", "/issues/");
  b.move("/projects/", "/projects/");
  EXPECT_TRUE(talk(a, table));
  EXPECT_TRUE(talk(b, table));
  EXPECT_EQ(b.bucket_of("/issues/"), "/issues/");
  EXPECT_EQ(b.bucket_of("/projects/"), "");
  b.move("/projects/", "/projects/");  // found again
  EXPECT_TRUE(talk(b, table));
  EXPECT_EQ(b.bucket_of("/projects/"), "/projects/");
}

TEST(Parts, WhatTheFleetForgotIsToldAnew) {
  Parts a;
  PartsTable lost;
  a.move("/issues/", "/issues/");
  EXPECT_TRUE(talk(a, lost));
  PartsTable table;
  EXPECT_TRUE(a.is_behind(table.version()));
  EXPECT_FALSE(talk(a, table));
  EXPECT_TRUE(a.has_news());
  EXPECT_EQ(a.bucket_of("/issues/"), "/issues/");
  EXPECT_TRUE(talk(a, table));
  EXPECT_EQ(table.version(), 1);
}

TEST(Parts, OneQuestionAtATime) {
  Parts a;
  EXPECT_FALSE(a.is_asking());
  (void)a.question();
  EXPECT_TRUE(a.is_asking());
  a.on_failure();
  EXPECT_FALSE(a.is_asking());
}

}  // namespace
}  // namespace postern::limits
