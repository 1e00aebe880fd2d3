// ServiceManager: tells systemd, or whoever speaks its protocol, how the process is (sd_notify(3)).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "wire/socket.h"

namespace postern::runtime {

struct NotifyOptions {
  std::string socket;  // "/run/…", or "@…" for an abstract one; empty: nobody listens
  std::optional<Duration> watchdog;  // without a sign of life for so long the process is ended
};

// NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. They leave the environment: nothing that is
// started from here speaks for this process. REQUIRES: the process has one thread.
NotifyOptions take_notify_options();

// Silent when nobody listens. Signs of life come from the loop, so a loop that hangs is found out.
// Loop thread; all arguments must outlive it.
class ServiceManager final {
 public:
  ServiceManager(event::Loop& loop, log::Logger& logger, NotifyOptions options);

  bool listens() const { return !options_.socket.empty(); }
  void ready(std::string_view status);  // also after reloading()
  void reloading();
  void stopping(std::string_view status);
  void set_status(std::string_view status);  // one short line; said when it has changed

 private:
  void show_life();
  void tell(const std::string& state);
  void send(const std::string& message);

  log::Logger& logger_;
  NotifyOptions options_;
  const wire::Socket socket_;  // from the start: there may be no descriptor left later
  std::string status_;
  bool is_unreachable_ = false;  // the last message was not taken, and that was said
  event::Deadline watchdog_;
};

}  // namespace postern::runtime
