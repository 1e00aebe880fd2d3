// One line per request: what happened, never what was in it. Of those that went well, if wished,
// only a share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "relay/options.h"

namespace postern::relay {

struct ReadableBodies;

struct AccessRecord {
  static constexpr size_t kMostPath = 512;  // a path may be 8 KiB long; a log line need not be

  std::string_view method;
  std::string_view path;     // without query
  std::string_view sent_as;  // the path that Sentry was asked for, if it was another
  std::string_view route;    // of the endpoint table, or as much as is known and a star
  std::string_view match;    // how far the table knows it: "unknown"…; empty: it does
  int status = 0;            // 0: the client left before an answer
  std::string_view grant;
  std::string_view listener;
  std::string_view client;  // caller's address
  std::string_view caller;  // the name of its certificate, where it has shown one
  std::string_view request_id;
  std::string_view trace_id;       // as the caller's traceparent says; empty: none
  std::string_view origin;         // "sentry" or "postern": who made the answer
  std::string_view cache;          // hit, miss, coalesced, bypass; empty: there is no cache
  std::string_view code;           // problem code of our own answers
  std::string_view reason;         // why it failed or ended early
  std::string_view missing_scope;  // that the grant seems to lack for it: the least that would do
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  Duration queue{};
  Duration upstream{};
  Duration total{};
  int attempts = 0;  // calls made
  int limited = 0;   // of them, those that a rate limit turned away and that were made again
  const ReadableBodies* bodies = nullptr;  // not for the log; null: none are kept
};

// Failures, refusals, what was made again, and what took longer than log.slow (at warning level)
// always have their line; of the others the share log.sample.
void write_access(log::Logger& logger, const AccessLogOptions& options, const AccessRecord& record);

// Is this request among the share, 0 to 1? The same answer for the same id, wherever it is asked.
bool is_sampled(std::string_view request_id, double share);

}  // namespace postern::relay
