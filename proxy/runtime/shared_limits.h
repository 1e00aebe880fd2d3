// SharedLimits: `limits.share` as the configuration has it, put together.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "config/options.h"
#include "event/loop.h"
#include "relay/admission.h"
#include "runtime/fleet_limits.h"
#include "wire/resolver.h"

namespace postern::runtime {

// Loop thread. It must be there as long as the loop runs, for the admission asks it.
class SharedLimits final {
 public:
  // Connects with the first question. The error names the setting. All arguments must outlive it,
  // and REQUIRES: there was no request yet.
  static Result<std::unique_ptr<SharedLimits>> make(event::Loop& loop,
                                                    const config::Options& options,
                                                    relay::Admission& admission, const Clock& clock,
                                                    log::Logger& logger);

  // So many are known to share them, this one included.
  void on_listed(int64_t replicas);

  const admin::ShareReport& report() const { return fleet_->report(); }

 private:
  SharedLimits(event::Loop& loop, relay::Admission& admission)
      : admission_(admission), resolver_(loop) {}

  relay::Admission& admission_;
  wire::Resolver resolver_;
  std::unique_ptr<FleetLimits> fleet_;
};

}  // namespace postern::runtime
