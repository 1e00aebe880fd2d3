// How a grant stands in a Redis that several instances share, for people: who refreshes it, and
// what is stored. Tells nothing of the tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "redis/command.h"
#include "redis/reply.h"

namespace postern::grants {

struct RedisSurvey {
  enum class State : uint8_t {
    kNone,       // never stored, or lost
    kStored,     // there is a pair of tokens
    kForgotten,  // by a logout
    kUnfit,      // not Postern's, a newer Postern's, or half a record
  };

  // All times are the database's, in milliseconds since 1970; 0: not known.
  int64_t now = 0;
  State state = State::kNone;
  std::string unfit;  // why; may be hostile
  uint64_t generation = 0;
  int64_t written = 0;
  std::string writer;  // owner in its locks (Store::owner()); empty: written back after a loss
  std::string lease;   // who may refresh, likewise; empty: nobody does
  int64_t lease_since = 0;
  int64_t lease_left = 0;
};

redis::Command survey_command(std::string_view prefix, std::string_view grant);

// Error: it is no such answer.
Result<RedisSurvey> survey_of(const redis::Reply& reply);

}  // namespace postern::grants
