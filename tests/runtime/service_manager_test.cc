#include "runtime/service_manager.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

namespace postern::runtime {
namespace {

using namespace std::chrono_literals;

NotifyOptions taken(const std::string& watchdog, const std::string& pid) {
  ::setenv("NOTIFY_SOCKET", "@manager", 1);
  ::setenv("WATCHDOG_USEC", watchdog.c_str(), 1);
  ::setenv("WATCHDOG_PID", pid.c_str(), 1);
  return take_notify_options();
}

TEST(NotifyOptions, LeaveTheEnvironment) {
  const NotifyOptions options = taken("3000000", std::to_string(::getpid()));
  EXPECT_EQ(options.socket, "@manager");
  EXPECT_EQ(options.watchdog, Duration(3s));
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
    EXPECT_EQ(std::getenv(name), nullptr) << name;
  EXPECT_EQ(take_notify_options().socket, "");
}

TEST(NotifyOptions, WithoutAProcessTheWatchdogIsForThisOne) {
  EXPECT_EQ(taken("500", "").watchdog, Duration(500us));
}

TEST(NotifyOptions, NoWatchdogForAnotherProcessOrNoTime) {
  EXPECT_FALSE(taken("3000000", "1").watchdog);
  for (const char* none : {"", "0", "-1", "soon"}) EXPECT_FALSE(taken(none, "").watchdog) << none;
}

}  // namespace
}  // namespace postern::runtime
