// Topology: which servers the settings name, and how they belong together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "redis/address.h"
#include "redis/options.h"

namespace postern::redis {

struct Topology {
  enum class Kind : uint8_t { kServer, kSentinel, kCluster };
  Kind kind = Kind::kServer;
  std::vector<Address> addresses;  // not empty; of a server: one
  bool tls = false;
  std::string user;
  uint32_t database = 0;
};

// What is wrong with which of the settings: "url", "prefix"; `what` may follow its name.
struct TopologyFault {
  std::string key;
  std::string what;

  std::string text() const { return "store.redis." + key + ": " + what; }
};

// Checks the settings, all but the files that they name.
Result<Topology, TopologyFault> topology_of(const Options& options);

}  // namespace postern::redis
