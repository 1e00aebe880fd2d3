// What the cache says of itself: in explanations, and in its counters.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "relay/cache_fixture.h"
#include "relay/caching.h"

namespace postern::relay {
namespace {

using CacheReportTest = CacheTest;

TEST_F(CacheReportTest, AnExplanationSaysWhetherSuchAnAnswerIsKept) {
  make_relay();
  const auto cache_of = [&](std::string_view path, std::string_view method = "GET") {
    return relay_->explain({method, path})->now.cache.value();
  };
  EXPECT_EQ(cache_of(kIssues).kind, "list");
  EXPECT_EQ(cache_of(kIssues).lifetime, 1min);
  EXPECT_EQ(cache_of(kIssues).age, std::nullopt);
  EXPECT_EQ(cache_of(kEvent).kind, "event");
  EXPECT_EQ(cache_of(kIssues, "PUT").kind, "none");
  EXPECT_EQ(cache_of("/api/0/organizations/acme/").kind, "none") << "its body holds addresses";
  fetch(kIssues);
  clock_.advance(7s);
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(*cache_of(kIssues).age), 7s);
  write(kIssue, 200);
  EXPECT_EQ(cache_of(kIssues).age, std::nullopt);
  EXPECT_EQ(sends(), 2u) << "an explanation makes no call";
}

TEST_F(CacheReportTest, WhatIsKeptForSomebodyElseIsNotPromised) {
  fetch(kIssues);
  grant().set_identity("1", "8");
  EXPECT_EQ(relay_->explain({"GET", kIssues})->now.cache->age, std::nullopt);
}

TEST_F(CacheReportTest, SwitchedOffAnExplanationSaysNothingOfIt) {
  options_.cache.enabled = false;
  make_relay();
  EXPECT_FALSE(relay_->explain({"GET", kIssues})->now.cache);
}

TEST_F(CacheReportTest, CountsWhatItWasToRequestsThatAreOver) {
  fetch(kIssues);
  get(kIssues);
  get(kIssue);
  get(kIssue);
  reply(1, 200, "shared");
  write(kIssue, 200);
  users_.clear();
  const Caching::Counters& counters = relay_->caching()->counters();
  EXPECT_EQ(counters.hits, 1u);
  EXPECT_EQ(counters.misses, 2u);
  EXPECT_EQ(counters.coalesced, 1u);
  EXPECT_EQ(counters.bypasses, 1u);
}

}  // namespace
}  // namespace postern::relay
