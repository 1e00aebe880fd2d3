#include "event/loop.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "event/bounded.h"

namespace postern::event {
namespace {

using namespace std::chrono_literals;

class Step final : public Task {
 public:
  Step(Loop& loop, std::function<void()> action) : Task(loop), action_(std::move(action)) {}

 private:
  void run() noexcept override { action_(); }
  std::function<void()> action_;
};

class Thing final : public Disposable {
 public:
  explicit Thing(std::function<void()> on_end) : on_end_(std::move(on_end)) {}
  ~Thing() override { on_end_(); }

 private:
  std::function<void()> on_end_;
};

TEST(Task, RunsOnceHoweverOftenItIsScheduled) {
  Loop loop;
  int runs = 0;
  Step step(loop, [&] { ++runs; });
  step.schedule();
  step.schedule();
  EXPECT_EQ(runs, 0);
  loop.settle();
  loop.settle();
  EXPECT_EQ(runs, 1);
  step.schedule();
  loop.settle();
  EXPECT_EQ(runs, 2);
}

TEST(Task, CancelledOrDestroyedItDoesNotRun) {
  Loop loop;
  int runs = 0;
  Step cancelled(loop, [&] { ++runs; });
  auto destroyed = std::make_unique<Step>(loop, [&] { ++runs; });
  cancelled.schedule();
  destroyed->schedule();
  cancelled.cancel();
  destroyed.reset();
  loop.settle();
  EXPECT_EQ(runs, 0);
}

TEST(Task, TasksRunInTheOrderOfScheduling) {
  Loop loop;
  std::string order;
  Step a(loop, [&] { order += 'a'; });
  Step b(loop, [&] { order += 'b'; });
  Step c(loop, [&] { order += 'c'; });
  b.schedule();
  c.schedule();
  a.schedule();
  loop.settle();
  EXPECT_EQ(order, "bca");
}

TEST(Task, WhatATaskSchedulesRunsInTheSameSettling) {
  Loop loop;
  int runs = 0;
  Step second(loop, [&] { ++runs; });
  Step first(loop, [&] {
    second.schedule();
    loop.settle();  // has no effect: one settling is under way
    EXPECT_EQ(runs, 0);
  });
  first.schedule();
  loop.settle();
  EXPECT_EQ(runs, 1);
}

TEST(Task, MayDestroyAnotherThatIsScheduled) {
  Loop loop;
  bool ran = false;
  auto victim = std::make_unique<Step>(loop, [&] { ran = true; });
  Step killer(loop, [&] { victim.reset(); });
  killer.schedule();
  victim->schedule();
  loop.settle();
  EXPECT_FALSE(ran);
}

TEST(Loop, DisposedObjectsLiveUntilTheEventIsDealtWith) {
  BoundedLoop bounded;
  std::string order;
  Deadline deadline(bounded.loop, [&] {
    bounded.loop.dispose(std::make_unique<Thing>([&] {
      order += "gone";
      bounded.stop();
    }));
    order += "callback ";
  });
  deadline.set_after(1ms);
  bounded.run();
  EXPECT_EQ(order, "callback gone");
}

TEST(Loop, ADisposedObjectMayDisposeOfAnother) {
  Loop loop;
  int ended = 0;
  loop.dispose(std::make_unique<Thing>([&] {
    ++ended;
    loop.dispose(std::make_unique<Thing>([&] { ++ended; }));
  }));
  EXPECT_EQ(ended, 0);
  loop.settle();
  EXPECT_EQ(ended, 2);
}

TEST(Loop, ADisposedObjectsDestructorMayScheduleATask) {
  Loop loop;
  bool ran = false;
  Step step(loop, [&] { ran = true; });
  loop.dispose(std::make_unique<Thing>([&] { step.schedule(); }));
  loop.settle();
  EXPECT_TRUE(ran);
}

TEST(Loop, WhatIsLeftIsDisposedOfWithTheLoop) {
  bool ended = false;
  {
    Loop loop;
    loop.dispose(std::make_unique<Thing>([&] { ended = true; }));
  }
  EXPECT_TRUE(ended);
}

TEST(Loop, TasksScheduledInACallbackRunAfterItAndBeforeTheNext) {
  BoundedLoop bounded;
  std::string order;
  Step step(bounded.loop, [&] { order += "task "; });
  Deadline first(bounded.loop, [&] {
    step.schedule();
    order += "first ";
  });
  Deadline second(bounded.loop, [&] {
    order += "second";
    bounded.stop();
  });
  first.set(bounded.loop.now() - 2ms);
  second.set_after(20ms);
  bounded.run();
  EXPECT_EQ(order, "first task second");
}

TEST(Loop, EndsByItselfWhenNothingIsLeftToWaitFor) {
  Loop loop;
  bool called = false;
  Deadline deadline(loop, [&] { called = true; });
  deadline.set_after(1ms);
  loop.run();
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace postern::event
