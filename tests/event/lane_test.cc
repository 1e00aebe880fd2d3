#include "event/lane.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "event/bounded.h"

namespace postern::event {
namespace {

using namespace std::chrono_literals;

TEST(Lane, WorkRunsElsewhereAndItsEndIsToldHere) {
  BoundedLoop bounded;
  Lane lane(bounded.loop);
  std::thread::id worked, told;
  Job job = lane.post([&] { worked = std::this_thread::get_id(); },
                      [&] {
                        told = std::this_thread::get_id();
                        bounded.stop();
                      });
  EXPECT_TRUE(job);
  bounded.run();
  EXPECT_FALSE(job);
  EXPECT_NE(worked, std::this_thread::get_id());
  EXPECT_EQ(told, std::this_thread::get_id());
}

TEST(Lane, JobsRunOneAfterTheOtherInTheirOrder) {
  BoundedLoop bounded;
  Lane lane(bounded.loop);
  std::vector<int> worked, told;
  std::vector<Job> jobs;
  for (int i = 0; i < 50; ++i) {
    jobs.push_back(lane.post([&worked, i] { worked.push_back(i); },
                             [&, i] {
                               told.push_back(i);
                               if (i == 49) bounded.stop();
                             }));
  }
  bounded.run();
  EXPECT_EQ(worked.size(), 50u);
  EXPECT_TRUE(std::is_sorted(worked.begin(), worked.end()));
  EXPECT_EQ(told, worked);
}

TEST(Lane, TheEndOfAForgottenJobIsNotTold) {
  BoundedLoop bounded;
  Lane lane(bounded.loop);
  std::atomic<bool> worked = false;
  bool told = false;
  {
    Job forgotten = lane.post([&] { worked = true; }, [&] { told = true; });
  }
  Job last = lane.post([] {}, [&] { bounded.stop(); });
  bounded.run();
  EXPECT_TRUE(worked);
  EXPECT_FALSE(told);
}

TEST(Lane, AJobMayBeForgottenByTheEndOfAnother) {
  BoundedLoop bounded;
  Lane lane(bounded.loop);
  bool told = false;
  Job second;
  Job first = lane.post([] {}, [&] { second = Job(); });
  second = lane.post([] {}, [&] { told = true; });
  Job last = lane.post([] {}, [&] { bounded.stop(); });
  bounded.run();
  EXPECT_FALSE(told);
}

TEST(Lane, TheEndOfAJobMayPostTheNext) {
  BoundedLoop bounded;
  Lane lane(bounded.loop);
  Job second;
  Job first = lane.post([] {}, [&] { second = lane.post([] {}, [&] { bounded.stop(); }); });
  bounded.run();
  EXPECT_FALSE(second);
}

TEST(Lane, SlowWorkDoesNotHoldUpTheLoop) {
  BoundedLoop bounded;
  Lane lane(bounded.loop);
  std::promise<void> release;
  bool turned = false;
  Job job = lane.post([future = release.get_future().share()] { future.wait(); },
                      [&] { bounded.stop(); });
  Deadline turn(bounded.loop, [&] {
    turned = true;
    release.set_value();
  });
  turn.set_after(1ms);
  bounded.run();
  EXPECT_TRUE(turned);
}

TEST(Lane, DestroyedItFinishesTheWorkUnderWayAndTellsNothing) {
  Loop loop;
  std::promise<void> begun, release;
  std::atomic<bool> finished = false;
  bool told = false;
  Job first, second;
  std::thread releaser;
  {
    Lane lane(loop);
    first = lane.post(
        [&] {
          begun.set_value();
          release.get_future().wait();
          finished = true;
        },
        [&] { told = true; });
    second = lane.post([] {}, [&] { told = true; });
    begun.get_future().wait();
    releaser = std::thread([&] { release.set_value(); });
  }
  releaser.join();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(told);
}

TEST(Lane, ItsThreadTakesNoSignals) {
  BoundedLoop bounded;
  Lane lane(bounded.loop);
  bool blocked = false;
  Job job = lane.post(
      [&] {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
      },
      [&] { bounded.stop(); });
  bounded.run();
  EXPECT_TRUE(blocked);
}

}  // namespace
}  // namespace postern::event
