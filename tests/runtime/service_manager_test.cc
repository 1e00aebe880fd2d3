#include "runtime/service_manager.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "wire/socket.h"

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

// ----------------------------------------------------------------------------------- what is said

// An abstract socket, and what was said there.
class Manager final {
 public:
  Manager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name_.begin() + 1, name_.end(), address.sun_path + 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(::bind(socket_.fd(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  }
  const std::string& name() const { return name_; }
  // The next message; empty: there is none.
  std::string heard() {
    std::array<char, 1024> bytes;
    const ssize_t size = ::recv(socket_.fd(), bytes.data(), bytes.size(), 0);
    return size < 0 ? "" : std::string(bytes.data(), static_cast<size_t>(size));
  }

 private:
  const std::string name_ = "@postern-test-" + std::to_string(::getpid());
  wire::Socket socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
};

// While it lives no descriptor can be opened.
class NoDescriptors final {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(ServiceManager, SpeaksOnWhenDescriptorsHaveRunOut) {
  Manager manager;
  event::Loop loop;
  log::Logger logger({}, [](std::string_view) {});
  ServiceManager teller(loop, logger, {manager.name(), 1h});
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
  const NoDescriptors none;
  teller.ready("serving");
  EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=serving");
  teller.reloading();
  EXPECT_TRUE(manager.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
}

TEST(ServiceManager, AReaderThatIsBehindIsSpokenOfOnceAndHearsWhatComesNext) {
  Manager manager;
  event::Loop loop;
  std::string said;
  log::Logger logger({}, [&said](std::string_view lines) { said += lines; });
  ServiceManager teller(loop, logger, {manager.name(), {}});
  for (int i = 0; i < 2000; ++i) teller.set_status("status " + std::to_string(i));
  logger.flush();
  const size_t at = said.find("service_manager_unreachable");
  ASSERT_NE(at, std::string::npos) << "its queue takes more than 2000 messages";
  EXPECT_EQ(said.find("service_manager_unreachable", at + 1), std::string::npos);
  while (!manager.heard().empty()) {
  }
  teller.set_status("the newest");
  EXPECT_EQ(manager.heard(), "STATUS=the newest");
}

TEST(ServiceManager, SaysAStatusOnce) {
  Manager manager;
  event::Loop loop;
  log::Logger logger({}, [](std::string_view) {});
  ServiceManager teller(loop, logger, {manager.name(), {}});
  for (int i = 0; i < 3; ++i) teller.set_status("all is well");
  EXPECT_EQ(manager.heard(), "STATUS=all is well");
  EXPECT_EQ(manager.heard(), "");
}

}  // namespace
}  // namespace postern::runtime
