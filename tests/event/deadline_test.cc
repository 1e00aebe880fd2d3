#include "event/deadline.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "event/bounded.h"

namespace postern::event {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, CallsBackOnceAndNeverEarly) {
  BoundedLoop bounded;
  int calls = 0;
  Deadline deadline(bounded.loop, [&] {
    ++calls;
    bounded.stop();
  });
  const Instant when = bounded.loop.now() + 5ms;
  deadline.set(when);
  EXPECT_TRUE(deadline.is_set());
  bounded.run();
  EXPECT_EQ(calls, 1);
  EXPECT_GE(bounded.loop.now(), when);
  EXPECT_FALSE(deadline.is_set());
}

TEST(Deadline, AMomentThatHasPassedCallsBackAtTheNextTurnAndNotWithinSet) {
  BoundedLoop bounded;
  bool called = false;
  Deadline deadline(bounded.loop, [&] {
    called = true;
    bounded.stop();
  });
  deadline.set(bounded.loop.now() - 1s);
  EXPECT_FALSE(called);
  bounded.run();
  EXPECT_TRUE(called);
}

TEST(Deadline, EarlierAndLaterMomentsFireInTheirOrder) {
  BoundedLoop bounded;
  std::string order;
  Deadline late(bounded.loop, [&] {
    order += "late ";
    bounded.stop();
  });
  Deadline early(bounded.loop, [&] { order += "early "; });
  const Instant now = bounded.loop.now();
  late.set(now + 30ms);
  early.set(now + 1ms);
  bounded.run();
  EXPECT_EQ(order, "early late ");
}

TEST(Deadline, MovedLaterItFiresAtTheLaterMoment) {
  BoundedLoop bounded;
  Instant fired;
  Deadline deadline(bounded.loop, [&] {
    fired = bounded.loop.now();
    bounded.stop();
  });
  const Instant later = bounded.loop.now() + 25ms;
  deadline.set(bounded.loop.now() + 1ms);
  deadline.set(later);
  bounded.run();
  EXPECT_GE(fired, later);
}

TEST(Deadline, MovedEarlierItFiresBeforeTheLaterMoment) {
  BoundedLoop bounded;
  std::string order;
  Deadline moved(bounded.loop, [&] { order += "moved "; });
  Deadline between(bounded.loop, [&] {
    order += "between ";
    bounded.stop();
  });
  const Instant now = bounded.loop.now();
  moved.set(now + 1h);
  moved.set(now + 1ms);
  between.set(now + 30ms);
  bounded.run();
  EXPECT_EQ(order, "moved between ");
}

TEST(Deadline, ClearedItDoesNotFire) {
  BoundedLoop bounded;
  bool fired = false;
  Deadline cleared(bounded.loop, [&] { fired = true; });
  Deadline end(bounded.loop, [&] { bounded.stop(); });
  cleared.set_after(1ms);
  cleared.clear();
  EXPECT_FALSE(cleared.is_set());
  end.set_after(20ms);
  bounded.run();
  EXPECT_FALSE(fired);
}

TEST(Deadline, ClearedAndSetAgainItFiresOnce) {
  BoundedLoop bounded;
  int calls = 0;
  Deadline deadline(bounded.loop, [&] { ++calls; });
  Deadline end(bounded.loop, [&] { bounded.stop(); });
  deadline.set_after(1ms);
  deadline.clear();
  deadline.set_after(2ms);
  end.set_after(30ms);
  bounded.run();
  EXPECT_EQ(calls, 1);
}

TEST(Deadline, MaySetItselfAgainInItsCallback) {
  BoundedLoop bounded;
  int calls = 0;
  Deadline deadline(bounded.loop, [&] {
    if (++calls == 3) return bounded.stop();
    deadline.set_after(1ms);
  });
  deadline.set_after(1ms);
  bounded.run();
  EXPECT_EQ(calls, 3);
}

TEST(Deadline, MayBeDestroyedInItsCallback) {
  BoundedLoop bounded;
  std::unique_ptr<Deadline> deadline;
  std::string kept = "captured state outlives the deadline";
  std::string seen;
  deadline = std::make_unique<Deadline>(bounded.loop, [&, kept] {
    deadline.reset();
    seen = kept;
    bounded.stop();
  });
  deadline->set_after(1ms);
  bounded.run();
  EXPECT_EQ(seen, kept);
}

TEST(Deadline, DestroyedItDoesNotFire) {
  BoundedLoop bounded;
  bool fired = false;
  auto gone = std::make_unique<Deadline>(bounded.loop, [&] { fired = true; });
  Deadline end(bounded.loop, [&] { bounded.stop(); });
  gone->set_after(1ms);
  gone.reset();
  end.set_after(20ms);
  bounded.run();
  EXPECT_FALSE(fired);
}

}  // namespace
}  // namespace postern::event
