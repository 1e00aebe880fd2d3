#include "admin/request_counts.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::admin {
namespace {

using namespace std::chrono_literals;

relay::AccessRecord good() {
  relay::AccessRecord record;
  record.method = "GET";
  record.route = "/api/0/projects/";
  record.grant = "acme";
  record.origin = "sentry";
  record.status = 200;
  record.attempts = 1;
  record.bytes_in = 3;
  record.bytes_out = 40;
  record.total = 30ms;
  return record;
}

// Equal requests are one series, so `count` makes as many new ones.
void finish_others(RequestCounts& counts, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string route = "/api/0/thing-" + std::to_string(i) + "/";
    relay::AccessRecord record = good();
    record.route = route;
    counts.on_finished(record);
  }
}

TEST(RequestCounts, EqualRequestsAreOneSeries) {
  RequestCounts counts(1000);
  counts.on_finished(good());
  counts.on_finished(good());
  const RequestFigures figures = counts.figures();
  ASSERT_EQ(figures.requests.size(), 1u);
  const RequestFigures::Requests& one = figures.requests[0];
  EXPECT_EQ(one.count, 2u);
  EXPECT_EQ(figures.grants[one.grant], "acme");
  EXPECT_EQ(figures.routes[one.route], "/api/0/projects/");
  EXPECT_EQ(one.method, http::Method::kGet);
  EXPECT_EQ(one.status, 200);
  EXPECT_FALSE(one.is_own);
}

TEST(RequestCounts, EachPartTellsRequestsApart) {
  RequestCounts counts(1000);
  counts.on_finished(good());
  for (int part = 0; part < 5; ++part) {
    relay::AccessRecord record = good();
    if (part == 0) record.grant = "globex";
    if (part == 1) record.route = "/api/0/issues/";
    if (part == 2) record.method = "PUT";
    if (part == 3) record.status = 404;
    if (part == 4) record.origin = "postern";
    counts.on_finished(record);
  }
  EXPECT_EQ(counts.figures().requests.size(), 6u);
}

TEST(RequestCounts, WhatIsNotKnownIsNamed) {
  RequestCounts counts(1000);
  relay::AccessRecord refused;
  refused.method = "BREW";
  refused.status = 421;
  refused.origin = "postern";
  refused.code = "misdirected";
  counts.on_finished(refused);
  const RequestFigures figures = counts.figures();
  EXPECT_EQ(figures.grants, std::vector<std::string>{"none"});
  EXPECT_EQ(figures.routes, std::vector<std::string>{"none"});
  EXPECT_EQ(figures.requests[0].method, http::Method::kOther);
  ASSERT_EQ(figures.problems.size(), 1u);
  EXPECT_EQ(figures.problems[0].name, "misdirected");
  EXPECT_EQ(figures.problems[0].count, 1u);
}

TEST(RequestCounts, BytesAndTimesAddUp) {
  RequestCounts counts(1000);
  counts.on_finished(good());
  counts.on_finished(good());
  const RequestFigures figures = counts.figures();
  EXPECT_EQ(figures.traffic[0].bytes_in, 6u);
  EXPECT_EQ(figures.traffic[0].bytes_out, 80u);
  EXPECT_NEAR(figures.times[0].total.sum, 0.06, 1e-9);
  EXPECT_EQ(figures.times[0].total.counts[3], 2u) << "above 25 ms, not above 50 ms";
}

TEST(RequestCounts, WhatWasNotSentHasNotQueued) {
  RequestCounts counts(1000);
  relay::AccessRecord record = good();
  record.attempts = 0;
  counts.on_finished(record);
  const RequestFigures figures = counts.figures();
  EXPECT_EQ(figures.traffic[0].queue.counts, Histogram().counts);
  EXPECT_EQ(figures.times[0].total.counts[3], 1u);
}

TEST(RequestCounts, PastTheBoundRoutesAreOneAndNothingIsLost) {
  RequestCounts counts(200);
  finish_others(counts, 100);
  EXPECT_LE(counts.series(), 200u);
  const RequestFigures figures = counts.figures();
  uint64_t all = 0, other = 0;
  for (const RequestFigures::Requests& one : figures.requests) {
    all += one.count;
    if (figures.routes[one.route] == RequestCounts::kOtherRoute) other += one.count;
  }
  EXPECT_EQ(all, 100u);
  EXPECT_GT(other, 0u);
  EXPECT_EQ(other, figures.unrouted);
}

TEST(Histogram, ABoundBelongsToItsBucket) {
  Histogram histogram;
  histogram.add(5ms);
  histogram.add(5ms + 1ns);
  histogram.add(10min);
  EXPECT_EQ(histogram.counts[0], 1u);
  EXPECT_EQ(histogram.counts[1], 1u);
  EXPECT_EQ(histogram.counts.back(), 1u);
}

TEST(Names, KeepTheirNumbersAsMoreCome) {
  Names names;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(names.of("name " + std::to_string(i)), i);
  EXPECT_EQ(names.of("name 0"), 0);
  EXPECT_EQ(names.all().size(), 1000u);
}

}  // namespace
}  // namespace postern::admin
