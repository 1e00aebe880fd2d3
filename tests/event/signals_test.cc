#include "event/signals.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <vector>

#include "event/bounded.h"

namespace postern::event {
namespace {

using namespace std::chrono_literals;

TEST(Signals, ASignalIsAnEventOfTheLoop) {
  BoundedLoop bounded;
  std::vector<int> seen;
  Signals signals(bounded.loop, {SIGUSR1, SIGUSR2}, [&](int signal) {
    seen.push_back(signal);
    bounded.stop();
  });
  raise(SIGUSR2);
  EXPECT_TRUE(seen.empty());  // the handler itself does nothing but leave a note
  bounded.run();
  EXPECT_EQ(seen, std::vector<int>{SIGUSR2});
}

TEST(Signals, EachOfSeveralSignalsIsTold) {
  BoundedLoop bounded;
  int first = 0, second = 0;
  Signals signals(bounded.loop, {SIGUSR1, SIGUSR2}, [&](int signal) {
    (signal == SIGUSR1 ? first : second) += 1;
    if (first > 0 && second > 0) bounded.stop();
  });
  raise(SIGUSR1);
  raise(SIGUSR2);
  bounded.run();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

TEST(Signals, ASignalThatComesWhileTheLoopWaitsWakesIt) {
  BoundedLoop bounded;
  int seen = 0;
  Signals signals(bounded.loop, {SIGUSR1}, [&](int signal) {
    seen = signal;
    bounded.stop();
  });
  Deadline later(bounded.loop, [] { raise(SIGUSR1); });
  later.set_after(2ms);
  bounded.run();
  EXPECT_EQ(seen, SIGUSR1);
}

TEST(Signals, WhenTheyGoTheHandlersOfBeforeAreBack) {
  struct sigaction before = {};
  struct sigaction ignored = {};
  ignored.sa_handler = SIG_IGN;
  sigaction(SIGUSR1, &ignored, &before);
  {
    Loop loop;
    Signals signals(loop, {SIGUSR1}, [](int) {});
    struct sigaction during = {};
    sigaction(SIGUSR1, nullptr, &during);
    EXPECT_NE(during.sa_handler, SIG_IGN);
  }
  struct sigaction after = {};
  sigaction(SIGUSR1, &before, &after);
  EXPECT_EQ(after.sa_handler, SIG_IGN);
}

}  // namespace
}  // namespace postern::event
