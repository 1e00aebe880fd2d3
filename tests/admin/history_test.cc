#include "admin/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::admin {
namespace {

relay::BucketView bucket(std::string group, size_t queued, int wait_ms = 0) {
  relay::BucketView view;
  view.group = std::move(group);
  view.routes = {"/api/0/" + view.group + "/"};
  view.queued = queued;
  view.oldest_wait = std::chrono::milliseconds(wait_ms);
  return view;
}

std::vector<uint32_t> queued(const std::vector<QueueSample>& samples) {
  std::vector<uint32_t> numbers;
  for (const QueueSample& sample : samples) numbers.push_back(sample.queued);
  return numbers;
}

TEST(History, AddsTheBucketsUpAndKeepsEach) {
  History history;
  EXPECT_TRUE(history.of_all().empty());
  history.sample({bucket("a", 2, 300), bucket("b", 5, 100)});
  history.sample({bucket("b", 1), bucket("a", 0)});
  EXPECT_EQ(queued(history.of_all()), (std::vector<uint32_t>{7, 1}));
  EXPECT_EQ(history.of_all()[0].oldest_wait_ms, 300u);
  EXPECT_EQ(queued(history.of(bucket("b", 9))), (std::vector<uint32_t>{5, 1}));
  EXPECT_TRUE(history.of(bucket("c", 0)).empty());
}

TEST(History, ABucketThatComesLaterHadNobodyWaiting) {
  History history;
  history.sample({});
  history.sample({bucket("a", 4)});
  EXPECT_EQ(queued(history.of(bucket("a", 0))), (std::vector<uint32_t>{0, 4}));
}

TEST(History, WhatIsGoneIsForgottenAndOldSamplesGo) {
  History history;
  history.sample({bucket("a", 4)});
  for (size_t i = 0; i < History::kSamples; ++i) history.sample({bucket("b", i)});
  EXPECT_TRUE(history.of(bucket("a", 0)).empty());
  const std::vector<uint32_t> kept = queued(history.of_all());
  ASSERT_EQ(kept.size(), History::kSamples);
  EXPECT_EQ(kept.front(), 0u);
  EXPECT_EQ(kept.back(), History::kSamples - 1);
}

TEST(History, MoreBucketsThanItKeepsStillCountInTheSum) {
  std::vector<relay::BucketView> many;
  for (size_t i = 0; i < History::kMostBuckets + 5; ++i)
    many.push_back(bucket(std::to_string(i), 1));
  History history;
  history.sample(many);
  EXPECT_EQ(history.of_all()[0].queued, History::kMostBuckets + 5);
  EXPECT_TRUE(history.of(many.back()).empty());
}

TEST(History, TheDocumentHasBucketsAndSamples) {
  History history;
  StatusReport report;
  report.limits = {bucket("GET", 3, 20)};
  history.sample(report.limits);
  const std::string document = format_buckets(report, history);
  EXPECT_THAT(document, testing::HasSubstr("\"group\": \"GET\""));
  EXPECT_THAT(document, testing::HasSubstr("\"interval_s\": 5"));
  EXPECT_THAT(document, testing::HasSubstr("\"oldest_wait_ms\": 20"));
}

}  // namespace
}  // namespace postern::admin
