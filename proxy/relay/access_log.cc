#include "relay/access_log.h"

#include <algorithm>

namespace postern::relay {
namespace {

void add(log::Line& line, log::Key key, std::string_view value) {
  if (!value.empty()) line.str(key, value);
}

bool is_slow(const AccessRecord& record, const AccessLogOptions& options) {
  return options.slow > Duration::zero() && record.total >= options.slow;
}

// Nothing about it asks to be looked at.
bool is_usual(const AccessRecord& record) {
  return record.status > 0 && record.status < 400 && record.code.empty() && record.reason.empty() &&
         record.missing_scope.empty() && record.attempts < 2;
}

// Where most of the time went; the rest beside the queue and Sentry is the way of the bodies.
std::string_view slowest_part(const AccessRecord& record) {
  const Duration transfer = record.total - record.queue - record.upstream;
  if (record.queue >= std::max(record.upstream, transfer)) return "queue";
  return record.upstream >= transfer ? "upstream" : "transfer";
}

// A number below one that tells nothing about anything but the id, and is the same each time.
double lot_of(std::string_view request_id) {
  uint64_t mixed = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : request_id) mixed = (mixed ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;  // spreads ids that end alike
  mixed ^= mixed >> 31;
  return static_cast<double>(mixed >> 11) / static_cast<double>(uint64_t{1} << 53);
}

}  // namespace

bool is_sampled(std::string_view request_id, double share) {
  return share >= 1 || lot_of(request_id) < share;
}

void write_access(log::Logger& logger, const AccessLogOptions& options,
                  const AccessRecord& record) {
  if (!logger.access()) return;
  const bool slow = is_slow(record, options);
  if (!slow && is_usual(record) && !is_sampled(record.request_id, options.sample)) return;
  log::Line line = logger.line(slow ? log::Level::kWarn : log::Level::kInfo, "request");
  add(line, "method", record.method);
  add(line, "path", record.path.substr(0, AccessRecord::kMostPath));
  add(line, "sent_as", record.sent_as.substr(0, AccessRecord::kMostPath));
  add(line, "route", record.route);
  add(line, "match", record.match);
  line.num("status", record.status);
  add(line, "origin", record.origin);
  add(line, "cache", record.cache);
  add(line, "code", record.code);
  add(line, "reason", record.reason);
  add(line, "missing_scope", record.missing_scope);
  add(line, "grant", record.grant);
  add(line, "listener", record.listener);
  add(line, "client", record.client);
  add(line, "caller", record.caller);
  line.num("bytes_in", static_cast<int64_t>(record.bytes_in));
  line.num("bytes_out", static_cast<int64_t>(record.bytes_out));
  line.ms("queue_ms", record.queue);
  line.ms("upstream_ms", record.upstream);
  line.ms("total_ms", record.total);
  if (slow) line.str("slow", slowest_part(record));
  line.num("attempts", record.attempts);
  if (record.limited > 0) line.num("limited", record.limited);
  add(line, "request_id", record.request_id);
  add(line, "trace_id", record.trace_id);
}

}  // namespace postern::relay
