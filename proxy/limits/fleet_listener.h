// Who hears what became of questions to the fleet.
#pragma once

#include <cstdint>
#include <optional>

#include "limits/share.h"

namespace postern::limits {

// Nothing: no answer will come. Never told from inside Fleet::ask().
class FleetListener {
 public:
  virtual ~FleetListener() = default;
  virtual void on_share_answer(uint64_t id, const std::optional<ShareAnswer>& answer) = 0;
  virtual void on_parts_answer(uint64_t id, const std::optional<PartsAnswer>& answer) = 0;
};

}  // namespace postern::limits
