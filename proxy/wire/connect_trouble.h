// ConnectTrouble: when the log is told that a connection could not be made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern::wire {

// Told when the trouble is another one, or has come back, and every ten seconds at most: an
// upstream that comes and goes would fill the log, and one that is gone says nothing new. One per
// pool. Pure.
class ConnectTrouble final {
 public:
  // How many have failed since the last time it was told, this one included; 0: it is not told now.
  uint64_t on_failed(std::string_view stage, std::string_view reason, Instant now);
  void on_connected() { told_.clear(); }

 private:
  std::string told_;                // the trouble, as long as it lasts
  std::optional<Instant> told_at_;  // the last time
  uint64_t untold_ = 0;
};

}  // namespace postern::wire
