// Settings of the request path, filled by config.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "limits/options.h"
#include "policy/options.h"

namespace postern::relay {

struct GuardOptions {
  std::vector<std::string>
      hosts;  // allowed beside localhost, 127.0.0.1 and [::1]; no port, lower case
  std::vector<std::string> origins;  // allowed browser origins, "https://app.example"; empty: none
  std::string require_header;        // "X-Postern-Request" or "Name: value"; empty: off
};

inline constexpr std::string_view kUploads = "uploads";
inline constexpr std::string_view kAutofix = "autofix";

struct RouteTimeout {
  // kUploads, kAutofix, or a path as policy/path_pattern.h has it.
  std::string what;
  Duration first_byte{};  // in place of upstream.first_byte_timeout
};

// Does Postern carry what SDKs send by a DSN?
enum class Ingest : uint8_t { kRefuse, kPass };

// Which requests have a line in the log.
struct AccessLogOptions {
  double sample = 1;  // share of those that went well
  // What takes longer has its line, as a warning; 0: nothing does. The default is more than what
  // limits.max_wait makes of a request that has to wait.
  Duration slow = std::chrono::seconds(30);
};

// How long answers of each kind are served again. Zero: not at all; calls for them are shared.
struct CacheOptions {
  bool enabled = false;
  uint64_t max_bytes = uint64_t{64} << 20;  // all answers together
  uint64_t max_body = uint64_t{1} << 20;  // of one answer; a longer one is neither kept nor shared
  Duration events = std::chrono::hours(24);
  Duration traces = std::chrono::hours(24);
  Duration details = std::chrono::minutes(5);
  Duration lists = std::chrono::minutes(1);
};

struct Options {
  GuardOptions guard;
  uint64_t max_body = uint64_t{1} << 30;         // request body, bytes
  uint64_t replay_max_body = uint64_t{1} << 20;  // request bodies up to here can be sent again
  uint64_t replay_max_total = uint64_t{64}
                              << 20;  // memory of all kept for that, in blocks of 16 KiB
  int max_attempts = 2;  // sends of one request; those after a refused token are not counted
  Duration max_token_wait = std::chrono::seconds(20);  // for a live token, or a newer one
  policy::Options policy;
  Ingest ingest = Ingest::kRefuse;
  uint32_t ingest_connections = 16;          // calls by a DSN under way at a time
  std::vector<RouteTimeout> route_timeouts;  // the first that fits holds
  // Of an answer whose body holds addresses that would lead past Postern, which is read whole.
  uint64_t rewrite_max_body = uint64_t{8} << 20;
  uint64_t rewrite_max_total = uint64_t{64} << 20;  // all of them together
  bool limited = true;     // requests are admitted by a governor; false: sent at once
  limits::Options limits;  // its seed is the relay's to choose
  CacheOptions cache;
  AccessLogOptions access_log;
};

}  // namespace postern::relay
