// FleetLimits: the limits that the Posterns of a fleet share, in Redis.
//
// Each question is one command, which runs a script on the keys of one user. What has no answer
// that can be used is told as no answer, and the limits go on with an equal part by themselves.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "limits/fleet_listener.h"
#include "limits/share.h"
#include "redis/client.h"
#include "runtime/share_health.h"
#include "wire/redis_script.h"

namespace postern::runtime {

// Loop thread.
class FleetLimits final : public limits::Fleet {
 public:
  // Names of keys begin with `prefix` and a colon. Listener, clock and logger must outlive this.
  FleetLimits(std::unique_ptr<redis::Client> client, std::string prefix,
              limits::FleetListener& listener, const Clock& clock, log::Logger& logger);

  void ask(const limits::ShareAsk& ask) override;
  void ask(const limits::PartsAsk& ask) override;

  void on_listed(int64_t replicas) { health_.on_listed(replicas); }
  const admin::ShareReport& report() const { return health_.report(); }

 private:
  std::string named(std::string key) const { return prefix_ + ":" + std::move(key); }
  template <class Read, class Tell>
  void run(wire::RedisScript& script, std::vector<std::string> keys,
           std::vector<std::string> arguments, Read read, Tell tell);

  const std::string prefix_;
  limits::FleetListener& listener_;
  const Clock& clock_;
  ShareHealth health_;
  wire::RedisScript share_;
  wire::RedisScript parts_;
  std::unique_ptr<redis::Client> client_;  // last: its end drops what would call back
};

}  // namespace postern::runtime
