// Ending: how the process ends: ready no more, then drained, then over.
#pragma once

#include <string_view>

#include "base/log.h"
#include "config/options.h"
#include "event/deadline.h"
#include "event/loop.h"
#include "relay/relay.h"
#include "runtime/grant_connector.h"
#include "runtime/keepers.h"
#include "runtime/service_manager.h"
#include "wire/server.h"

namespace postern::runtime {

// Loop thread.
class Ending final {
 public:
  struct Parts {  // all must outlive it
    event::Loop& loop;
    log::Logger& logger;
    ServiceManager& service_manager;
    Keepers& keepers;
    GrantConnector& connector;
    relay::Relay& relay;
    wire::Server& server;
  };
  // `options` must outlive it; a reload may change them until the end has begun.
  Ending(const Parts& parts, const config::DrainOptions& options);

  void on_signal(int signal);  // the first begins, the next ones hurry
  void begin_now();            // as the first one, but without drain.delay
  bool has_begun() const { return signals_ > 0 || is_draining_; }
  int exit_code() const { return exit_code_; }  // of the process; 0 unless something was lost

 private:
  void drain(std::string_view why);
  void hurry();
  void on_drained();
  bool is_storing() const;
  void end(std::string_view why);

  const Parts parts_;
  const config::DrainOptions& options_;
  event::Deadline delay_;
  event::Deadline timeout_;
  event::Deadline next_look_;  // at a refresh or login under way
  int signals_ = 0;
  bool is_draining_ = false;
  int exit_code_ = 0;
};

}  // namespace postern::runtime
