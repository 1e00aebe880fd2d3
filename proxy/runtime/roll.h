// The list of those who share a store, as it is kept in a Redis: the hash <prefix>:{replicas}, a
// field for each, which it writes anew now and then. Who does so no more is dropped by the others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/fleet_report.h"
#include "base/clock.h"
#include "base/result.h"
#include "redis/command.h"
#include "redis/reply.h"

namespace postern::runtime {

// Times are the database's, in milliseconds since 1970.
struct Roll {
  // Whatever is said is taken to be no more; as nanoseconds it is an int64_t still.
  static constexpr int64_t kMostMilliseconds = 9'000'000'000'000;

  struct Entry {
    std::string id;
    int64_t written = 0;
    int64_t lifetime = 0;  // it is dropped when it is older
    admin::Presence presence;
  };
  int64_t now = 0;
  std::vector<Entry> entries;  // by name
  uint64_t left_out = 0;       // beyond the thousand, or the mebibyte, that is read
};

std::string roll_key(std::string_view prefix);

struct RollEntry {
  std::string_view id;
  Duration lifetime{};
  const admin::Presence& presence;
};
// Writes one's own entry, drops those that have not been written for their lifetime, and asks for
// what is left.
redis::Command roll_command(std::string_view prefix, const RollEntry& own);
redis::Command leave_command(std::string_view prefix, std::string_view id);

// What roll_command() is answered with. What cannot be read is left out. Error: it is no answer.
Result<Roll> roll_of(const redis::Reply& reply);

}  // namespace postern::runtime
