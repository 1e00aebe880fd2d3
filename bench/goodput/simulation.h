// Plays one scenario against the governor and counts.
#pragma once

#include <cstdint>
#include <vector>

#include "scenario.h"

namespace postern::bench {

struct Figures {
  double goodput = 0;       // own successes / what a sender that knows all could have had
  double rejected = 0;      // share of upstream calls answered 429
  double concurrency = 0;   // of them, by concurrency: share of upstream calls
  double foreign_hurt = 0;  // share of the others' calls answered 429
  double light_served = 0;  // share of the light clients' requests that were served
  double light_p50 = 0;     // their wait before the call went, seconds
  double light_p99 = 0;
  double p50 = 0;  // everybody's
  double p99 = 0;
  double last_answer = 0;  // seconds after the burst; bursts only
  int64_t served = 0;
  int64_t rejections = 0;
  int64_t passed_on = 0;           // 429s that a caller saw
  int64_t refused = 0;             // by a forecast or at a deadline
  int64_t refused_after_wait = 0;  // of them, not at once
  int64_t refused_late = 0;        // of them, after the deadline had passed
  int64_t most_in_flight = 0;
  std::vector<int64_t> rejections_by_second;
  double evenness =
      0;  // Jain's index of what the replicas got in 30 s, the least of all such spans
  double commands = 0;  // to the engine, per replica and window in which it had something to do
  int64_t most_questions = 0;  // of one replica about one bucket in one window
};

Figures simulate(const Scenario& scenario, uint64_t seed);

}  // namespace postern::bench
