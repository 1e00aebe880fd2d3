#include "relay/trace_context.h"

#include <gtest/gtest.h>

#include <string>

#include "relay/builders.h"

namespace postern::relay {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kGood = "00-" + std::string(kTrace) + "-00f067aa0ba902b7-01";

TEST(TraceContext, TheIdOfAWellFormedFieldIsFound) {
  EXPECT_EQ(trace_id_of(kGood), kTrace);
  EXPECT_EQ(trace_id_of(fields_of({{"TraceParent", kGood}, {"tracestate", "a=b"}})), kTrace);
}

TEST(TraceContext, ALaterVersionMayGoOnBehindTheFlags) {
  const std::string later = "cc" + kGood.substr(2);
  EXPECT_EQ(trace_id_of(later), kTrace);
  EXPECT_EQ(trace_id_of(later + "-what-else"), kTrace);
  EXPECT_EQ(trace_id_of(later + "what-else"), "");
  EXPECT_EQ(trace_id_of(kGood + "-what-else"), "");
}

TEST(TraceContext, WhatIsNotWellFormedHasNoId) {
  const std::string zeros(32, '0');
  const std::string rows[] = {
      "",
      "00",
      kGood.substr(0, kGood.size() - 1),
      "ff" + kGood.substr(2),
      "0x" + kGood.substr(2),
      "00-" + zeros + "-00f067aa0ba902b7-01",
      "00-" + std::string(kTrace) + "-0000000000000000-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
      "00-" + std::string(kTrace) + "-00f067aa0ba902bg-01",
      "00-" + std::string(kTrace) + "-00f067aa0ba902b7-0z",
      "00_" + std::string(kTrace) + "-00f067aa0ba902b7-01",
      "00-" + std::string(kTrace) + "_00f067aa0ba902b7-01",
      "00-" + std::string(kTrace) + "-00f067aa0ba902b7_01",
      "00-" + std::string(kTrace).substr(1) + "\n-00f067aa0ba902b7-01",
  };
  for (const std::string& row : rows) EXPECT_EQ(trace_id_of(row), "") << row;
}

TEST(TraceContext, OfSeveralFieldsNoneIsMeant) {
  EXPECT_EQ(trace_id_of(fields_of({{"traceparent", kGood}, {"traceparent", kGood}})), "");
  EXPECT_EQ(trace_id_of(fields_of({{"sentry-trace", kGood}})), "");
}

}  // namespace
}  // namespace postern::relay
