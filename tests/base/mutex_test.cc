#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace postern {
namespace {

TEST(Mutex, LetsOneThreadInAtATime) {
  struct {
    Mutex mutex;
    int count GUARDED_BY(mutex) = 0;
  } shared;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&shared] {
      for (int round = 0; round < 5000; ++round) {
        MutexLock lock(shared.mutex);
        ++shared.count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(shared.mutex);
  EXPECT_EQ(shared.count, 20000);
}

TEST(Condition, PassesATurnBackAndForth) {
  struct {
    Mutex mutex;
    Condition changed;
    int turn GUARDED_BY(mutex) = 0;
  } shared;
  const auto play = [&shared](int parity) {
    for (int round = 0; round < 100; ++round) {
      MutexLock lock(shared.mutex);
      while (shared.turn % 2 != parity) shared.changed.wait(shared.mutex);
      ++shared.turn;
      shared.changed.notify_all();
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  MutexLock lock(shared.mutex);
  EXPECT_EQ(shared.turn, 200);
}

TEST(Condition, AWaitWithATimeEndsWithoutANotice) {
  Mutex mutex;
  Condition never;
  MutexLock lock(mutex);
  never.wait_for(mutex, std::chrono::milliseconds(1));  // a hang would be ended by the test's limit
}

}  // namespace
}  // namespace postern
