// What a connection pool has done and what it holds, for metrics. Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::wire {

// Since the start.
struct PoolCounters {
  // As http::Failure calls the stages of connecting; what is none of these counts as the last.
  static constexpr std::array<std::string_view, 4> kStages{"resolve", "connect", "proxy", "tls"};

  uint64_t connected = 0;  // TLS handshakes that have worked
  uint64_t resumed = 0;    // of them, those that took up an earlier session
  std::array<uint64_t, kStages.size()> failed{};
  std::string_view tls;  // version of the last handshake; empty: there was none

  void count_failure(std::string_view stage) {
    size_t at = 0;
    while (at + 1 < kStages.size() && kStages[at] != stage) ++at;
    ++failed[at];
  }
};

struct PoolStatus {
  PoolCounters counters;
  size_t open = 0;  // connections, idle ones included
  size_t idle = 0;
  size_t connecting = 0;
  size_t waiting = 0;  // calls in line for a connection
  size_t calls = 0;    // under way, those in line included
};

}  // namespace postern::wire
