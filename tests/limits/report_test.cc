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

TEST(Report, IsEmptyBeforeTheFirstRequest) {
  EXPECT_TRUE(Governor({}).report(instant(1)).empty());
}

}  // namespace
}  // namespace postern::limits
