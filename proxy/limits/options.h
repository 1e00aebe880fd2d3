// Settings of admission, filled by config.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace postern::limits {

struct Options {
  Duration max_wait = std::chrono::seconds(20);  // longest stay in the queue
  size_t max_queue = 1000;                       // waiting requests, all buckets together
  uint64_t max_queue_bytes = uint64_t{16} << 20;
  double bucket_share = 0.8;    // of max_queue and of its bytes that one bucket may fill
  double reserve = 0;           // share of a limit left alone once others were seen to use it
  int64_t max_in_flight = 256;  // per bucket, whatever Sentry allows
  size_t max_buckets = 1024;    // families of routes remembered; the longest idle one goes
  int max_tries = 3;            // calls of one request after search, gateway or unknown 429s
  double retry_budget = 0.1;    // such extra calls, as a share of all calls
  uint64_t seed = 1;            // of the jitter
};

}  // namespace postern::limits
