#include "wire/connect_trouble.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

TEST(ConnectTrouble, IsToldOnceWhileItLasts) {
  ConnectTrouble trouble;
  EXPECT_EQ(trouble.on_failed("connect", "refused", kStart), 1u);
  for (int second = 1; second < 100; ++second)
    EXPECT_EQ(trouble.on_failed("connect", "refused", kStart + second * 1s), 0u);
}

TEST(ConnectTrouble, ThatChangesIsToldAfterTenSeconds) {
  ConnectTrouble trouble;
  trouble.on_failed("connect", "refused", kStart);
  EXPECT_EQ(trouble.on_failed("resolve", "no such name", kStart + 1s), 0u);
  EXPECT_EQ(trouble.on_failed("resolve", "no such name", kStart + 10s), 2u);
  EXPECT_EQ(trouble.on_failed("connect", "no such name", kStart + 20s), 1u) << "another stage";
}

TEST(ConnectTrouble, ThatComesAndGoesIsToldEveryTenSeconds) {
  ConnectTrouble trouble;
  uint64_t told = 0;
  uint64_t failed = 0;
  for (int second = 0; second < 60; ++second) {
    const uint64_t count = trouble.on_failed("connect", "refused", kStart + second * 1s);
    told += count > 0;
    failed += count;
    trouble.on_connected();
  }
  EXPECT_EQ(told, 6u);
  EXPECT_EQ(failed, 51u);
}

TEST(ConnectTrouble, ThatComesBackLaterIsToldAtOnce) {
  ConnectTrouble trouble;
  trouble.on_failed("connect", "refused", kStart);
  trouble.on_connected();
  EXPECT_EQ(trouble.on_failed("connect", "refused", kStart + 11s), 1u);
}

}  // namespace
}  // namespace postern::wire
