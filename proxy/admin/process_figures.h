// ProcessFigures: what the kernel says about this process.
#pragma once

#include <cstdint>

namespace postern::admin {

struct ProcessFigures {
  double cpu_seconds = 0;
  double start_time = 0;  // seconds since 1970
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
  uint64_t threads = 0;
};

// Reads /proc, which takes a moment; any thread. What cannot be read is 0.
ProcessFigures read_process_figures();

}  // namespace postern::admin
