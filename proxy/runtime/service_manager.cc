#include "runtime/service_manager.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "runtime/process.h"

namespace postern::runtime {
namespace {

constexpr int kPatience = 100;  // milliseconds, for a reader that is behind

// Of the clock that systemd compares with, which is not ours: it stands still in a suspend.
std::string monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000);
}

// Zero length: there can be no such socket.
socklen_t fill_in(sockaddr_un& address, const std::string& name) {
  const bool is_known = name.starts_with('/') || name.starts_with('@');
  if (!is_known || name.size() < 2 || name.size() >= sizeof address.sun_path) return 0;
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path);
  if (name.front() == '@') address.sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
}

}  // namespace

NotifyOptions take_notify_options() {
  NotifyOptions options;
  options.socket = take_variable("NOTIFY_SOCKET");
  const auto period = text::parse_unsigned(take_variable("WATCHDOG_USEC"));
  const std::string pid = take_variable("WATCHDOG_PID");
  const bool is_meant = pid.empty() || pid == std::to_string(::getpid());
  constexpr uint64_t kLongest = 366ull * 24 * 3600 * 1000000;
  if (period && *period > 0 && is_meant)
    options.watchdog = std::chrono::microseconds(std::min(*period, kLongest));
  return options;
}

ServiceManager::ServiceManager(event::Loop& loop, log::Logger& logger, NotifyOptions options)
    : logger_(logger),
      options_(std::move(options)),
      socket_(listens() ? ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1),
      watchdog_(loop, [this] { show_life(); }) {
  if (listens() && options_.watchdog) show_life();
}

void ServiceManager::ready(std::string_view status) {
  status_ = status;
  tell("READY=1");
}

void ServiceManager::reloading() {
  if (listens()) send("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds());
}

void ServiceManager::stopping(std::string_view status) {
  status_ = status;
  tell("STOPPING=1");
}

void ServiceManager::set_status(std::string_view status) {
  if (!listens() || status == status_) return;
  status_ = status;
  send("STATUS=" + status_);
}

void ServiceManager::show_life() {
  send("WATCHDOG=1");
  if (listens()) watchdog_.set_after(*options_.watchdog / 2);
}

void ServiceManager::tell(const std::string& state) {
  if (listens()) send(state + "\nSTATUS=" + status_);
}

void ServiceManager::send(const std::string& message) {
  sockaddr_un address{};
  const socklen_t length = fill_in(address, options_.socket);
  const auto try_once = [&] {
    return ::sendto(socket_.fd(), message.data(), message.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address), length) >= 0;
  };
  if (length == 0) errno = EINVAL;
  pollfd behind{socket_.fd(), POLLOUT, 0};
  const bool is_sent =
      length != 0 &&
      (try_once() || (errno == EAGAIN && ::poll(&behind, 1, kPatience) == 1 && try_once()));
  if (is_sent) {
    is_unreachable_ = false;
    return;
  }
  const int why = errno;
  if (!is_unreachable_)
    logger_.warn("service_manager_unreachable")
        .str("socket", options_.socket)
        .str("reason", std::generic_category().message(why));
  is_unreachable_ = true;
  // A reader that is only slow gets what comes next.
  if (why != EAGAIN) options_.socket.clear();
}

}  // namespace postern::runtime
