#include "limits/family_table.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::limits {
namespace {

struct Fixture {
  Options options;
  QueueTotals totals;
};

TEST(FamilyTable, UserHostAndGroupMakeAFamily) {
  Fixture f;
  FamilyTable table(f.options, f.totals);
  Family* family = table.get("7", "sentry.io", "GET");
  EXPECT_EQ(table.get("7", "sentry.io", "GET"), family);
  EXPECT_NE(table.get("8", "sentry.io", "GET"), family);
  EXPECT_NE(table.get("7", "de.sentry.io", "GET"), family);
  EXPECT_NE(table.get("7", "sentry.io", "POST"), family);
  EXPECT_EQ(table.find("7", "sentry.io", "PUT"), nullptr);
  EXPECT_EQ(table.all().size(), 4U);
}

TEST(FamilyTable, FamiliesOfAHostShareItsClockAndCircuit) {
  Fixture f;
  FamilyTable table(f.options, f.totals);
  EXPECT_EQ(&table.get("7", "sentry.io", "GET")->host(),
            &table.get("8", "sentry.io", "PUT")->host());
  EXPECT_NE(&table.get("7", "sentry.io", "GET")->host(),
            &table.get("7", "de.sentry.io", "GET")->host());
}

TEST(FamilyTable, TheLongestIdleMakesRoom) {
  Fixture f;
  f.options.max_buckets = 3;
  FamilyTable table(f.options, f.totals);
  for (const char* user : {"1", "2", "3"}) table.get(user, "h", "GET");
  table.get("1", "h", "GET");
  table.get("4", "h", "GET");
  EXPECT_EQ(table.find("2", "h", "GET"), nullptr);
  EXPECT_NE(table.find("1", "h", "GET"), nullptr);
  EXPECT_EQ(table.all().size(), 3U);
}

TEST(FamilyTable, FamiliesInUseStay) {
  Fixture f;
  f.options.max_buckets = 2;
  FamilyTable table(f.options, f.totals);
  table.get("1", "h", "GET")->begin_request();
  table.get("2", "h", "GET")->begin_request();
  EXPECT_EQ(table.get("3", "h", "GET"), nullptr);
  table.find("1", "h", "GET")->end_request();
  EXPECT_NE(table.get("3", "h", "GET"), nullptr);
  EXPECT_NE(table.find("2", "h", "GET"), nullptr);
}

TEST(FamilyTable, StaysBoundedWhateverComes) {
  Fixture f;
  f.options.max_buckets = 16;
  FamilyTable table(f.options, f.totals);
  for (int i = 0; i < 10000; ++i) table.get(std::to_string(i), "h", "GET");
  EXPECT_EQ(table.all().size(), 16U);
}

TEST(FamilyTable, OneBucketCannotFillTheWholeQueue) {
  Fixture f;
  FamilyTable table(f.options, f.totals);
  EXPECT_EQ(f.totals.max_entries, 1000U);
  Queue& queue = table.get("1", "h", "GET")->slots()[0]->queue;
  for (EntryId id = 1; id <= 1000; ++id) {
    Entry entry;
    entry.id = id;
    entry.caller = "a";
    entry.deadline = 1;
    queue.push(entry, Place::kBack);
  }
  EXPECT_EQ(queue.size(), 800U);
}

}  // namespace
}  // namespace postern::limits
