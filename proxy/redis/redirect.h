// Redirect: a node of a cluster says that another one has the key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "redis/reply.h"

namespace postern::redis {

struct Redirect {
  bool is_ask = false;  // ASK: for this command alone. MOVED: for all of the slot from now on
  uint16_t slot = 0;
  std::string host;  // empty: the one that was asked
  uint16_t port = 0;
};

// "MOVED 3999 10.0.0.5:6381", "ASK 3999 ::1:6381"; nothing for any other reply.
std::optional<Redirect> parse_redirect(const Reply& reply);

}  // namespace postern::redis
