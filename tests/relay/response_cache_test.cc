// What is kept, for how long, in how much memory, and what drops it.
#include "relay/response_cache.h"

#include <gtest/gtest.h>

#include "relay/builders.h"

namespace postern::relay {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kMost = 10000;

class ResponseCacheTest : public testing::Test {
 protected:
  std::shared_ptr<StoredAnswer> answer(std::string body = "{}", Duration lifetime = 60s) {
    auto made = std::make_shared<StoredAnswer>(response({{"Content-Type", "application/json"}}));
    made->body = std::move(body);
    made->sent = now_;
    made->lifetime = lifetime;
    EXPECT_TRUE(cache_.reserve(made->charge, ResponseCache::kOverhead + made->body.size()));
    return made;
  }
  std::string found(std::string_view key, WriteMarks::Mark mark = 0) {
    const auto answer = cache_.find(key, mark, now_);
    return answer == nullptr ? "nothing" : answer->body;
  }

  ResponseCache cache_{kMost};
  Instant now_{1h};
};

TEST_F(ResponseCacheTest, ServesWhatItHasUntilItIsTooOld) {
  cache_.store("a", 0, answer("first"));
  EXPECT_EQ(found("a"), "first");
  EXPECT_EQ(found("b"), "nothing");
  now_ += 60s - 1ns;
  EXPECT_EQ(found("a"), "first");
  now_ += 1ns;
  EXPECT_EQ(found("a"), "nothing");
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(ResponseCacheTest, TheAgeItCameWithCounts) {
  auto old = answer();
  old->age_before = 50s;
  cache_.store("a", 0, old);
  now_ += 10s;
  EXPECT_EQ(found("a"), "nothing");
  auto too_old = answer();
  too_old->age_before = 60s;
  cache_.store("b", 0, too_old);
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(ResponseCacheTest, TellsTheYoungestOfThoseThatBeginAlike) {
  cache_.store("a\nx", 0, answer());
  now_ += 5s;
  cache_.store("a\ny", 0, answer());
  cache_.store("ab", 0, answer());
  now_ += 2s;
  EXPECT_EQ(cache_.youngest("a\n", 0, now_), 2s);
  EXPECT_EQ(cache_.youngest("a\n", 1, now_), std::nullopt) << "a write has passed them";
  EXPECT_EQ(cache_.youngest("a\n", 0, now_ + 60s), std::nullopt);
  EXPECT_EQ(cache_.size(), 3u) << "nothing is dropped by looking";
}

TEST_F(ResponseCacheTest, WhatHasNoLifetimeIsNotKept) {
  cache_.store("a", 0, answer("x", 0s));
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(ResponseCacheTest, TheNewerCallsAnswerStays) {
  auto early = answer("early");
  now_ += 1s;
  cache_.store("a", 0, answer("late"));
  cache_.store("a", 0, early);  // its call was slow
  EXPECT_EQ(found("a"), "late");
  now_ += 1s;
  cache_.store("a", 0, answer("later"));
  EXPECT_EQ(found("a"), "later");
  EXPECT_EQ(cache_.size(), 1u);
}

TEST_F(ResponseCacheTest, AWriteEndsWhatWasAskedBeforeIt) {
  cache_.store("a", 3, answer("before"));
  EXPECT_EQ(found("a", 4), "nothing");
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(ResponseCacheTest, ForgetsByTheBeginningOfAKey) {
  cache_.store("acme\n1\n/a", 0, answer());
  cache_.store("acme\n1\n/b", 0, answer());
  cache_.store("acme-too\n2\n/a", 0, answer());
  cache_.forget("acme\n");
  EXPECT_EQ(cache_.size(), 1u);
  EXPECT_EQ(found("acme-too\n2\n/a"), "{}");
}

TEST_F(ResponseCacheTest, WhatWasUsedLongestAgoMakesRoom) {
  const std::string body(2000, 'x');
  for (const char* key : {"a", "b", "c"}) cache_.store(key, 0, answer(body));
  EXPECT_EQ(found("a"), body);
  cache_.store("d", 0, answer(body));  // four are more than 10000 bytes
  EXPECT_EQ(found("b"), "nothing");
  EXPECT_EQ(found("a"), body);
  EXPECT_LE(cache_.bytes(), kMost);
}

TEST_F(ResponseCacheTest, NeverHoldsMoreThanItMay) {
  for (int i = 0; i < 1000; ++i) {
    cache_.store(std::to_string(i), 0, answer(std::string(static_cast<size_t>(i % 3000), 'x')));
    ASSERT_LE(cache_.bytes(), kMost);
  }
  EXPECT_GT(cache_.size(), 1u);
}

TEST_F(ResponseCacheTest, WhatIsBeingServedCountsAlthoughItIsNotKept) {
  const auto served = answer(std::string(8000, 'x'));
  cache_.store("a", 0, served);
  ByteBudget::Charge charge;
  EXPECT_FALSE(cache_.reserve(charge, 2000));
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_EQ(cache_.bytes(), 8000 + ResponseCache::kOverhead);
}

TEST_F(ResponseCacheTest, WhatCanNeverFitDropsNothing) {
  cache_.store("a", 0, answer());
  ByteBudget::Charge charge;
  EXPECT_FALSE(cache_.reserve(charge, kMost + 1));
  EXPECT_EQ(found("a"), "{}");
}

TEST(StoredAnswerTest, LeavesOutWhatIsOfItsMoment) {
  const StoredAnswer answer(response({{"X-Sentry-Rate-Limit-Remaining", "3"},
                                      {"Set-Cookie", "sc=1"},
                                      {"Age", "7"},
                                      {"Link", "<https://sentry.example/>; rel=\"next\""}}));
  ASSERT_EQ(answer.head.head().fields.size(), 1u);
  EXPECT_EQ(answer.head.head().fields[0].name, "Link");
  EXPECT_EQ(answer.age_before, 7s);
}

}  // namespace
}  // namespace postern::relay
