#include "limits/report.h"

#include <gtest/gtest.h>

#include "driver.h"

namespace postern::limits {
namespace {

TEST(Report, SaysWhatOperatorsAskFor) {
  test::Sentry sentry;
  test::Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 100; ++i) driver.ask("a");
  driver.ask("a", 0.5);
  const auto reports = driver.governor.report(instant(driver.now + 0.25));
  ASSERT_EQ(reports.size(), 1U);
  const BucketReport& report = reports[0];
  EXPECT_EQ(report.user + report.host + report.group, "7sentry.ioGET");
  EXPECT_EQ(report.routes, std::vector<std::string>{"/issues/"});
  EXPECT_EQ(report.bucket.limit, 40);
  EXPECT_EQ(report.bucket.concurrent_limit, 25);
  EXPECT_EQ(report.bucket.window, 1);
  EXPECT_GT(report.bucket.in_flight, 0);
  EXPECT_EQ(report.queued, driver.governor.waiting());
  EXPECT_NEAR(seconds(report.oldest_wait), 0.25, 0.01);
  EXPECT_EQ(report.refusals, 1U);
  EXPECT_EQ(report.bucket.answers[static_cast<size_t>(AnswerKind::kServed)], 1U);
}

TEST(Report, FiguresAreTheNumbersOfTheBucketsUsedLast) {
  test::Sentry sentry;
  test::Driver driver(sentry);
  driver.ask("a");
  driver.run(1003.5);
  for (int i = 0; i < 100; ++i) driver.ask("a");
  const auto figures = driver.governor.figures(instant(driver.now), 10);
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0].user + figures[0].host + figures[0].group, "7sentry.ioGET");
  EXPECT_EQ(figures[0].number, 0U);
  EXPECT_EQ(figures[0].bucket.limit, 40);
  EXPECT_EQ(figures[0].queued, driver.governor.waiting());
  EXPECT_EQ(driver.governor.requests(), 100U);
  EXPECT_EQ(driver.governor.answers()[static_cast<size_t>(AnswerKind::kServed)], 1U);
  EXPECT_TRUE(driver.governor.figures(instant(driver.now), 0).empty());
}

TEST(Report, TellsOfASharedLimitWhatTheFleetSaid) {
  test::Sentry sentry;
  test::Driver driver(sentry);
  driver.ask("a");
  EXPECT_FALSE(driver.governor.report(instant(driver.now))[0].bucket.share);
  test::Driver sharing(sentry);
  sharing.governor.share("replica-a");
  sharing.ask("a");
  const auto report = sharing.governor.report(instant(sharing.now));
  ASSERT_TRUE(report[0].bucket.share);
  EXPECT_EQ(report[0].bucket.share->part, "");
}

TEST(Report, IsEmptyBeforeTheFirstRequest) {
  EXPECT_TRUE(Governor({}).report(instant(1)).empty());
}

}  // namespace
}  // namespace postern::limits
