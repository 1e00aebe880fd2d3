#include "relay/access_log.h"

namespace postern::relay {
namespace {

void add(log::Line& line, log::Key key, std::string_view value) {
  if (!value.empty()) line.str(key, value);
}

}  // namespace

void write_access(log::Logger& logger, const AccessRecord& record) {
  if (!logger.access()) return;
  log::Line line = logger.info("request");
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
  line.num("bytes_in", static_cast<int64_t>(record.bytes_in));
  line.num("bytes_out", static_cast<int64_t>(record.bytes_out));
  line.ms("queue_ms", record.queue);
  line.ms("upstream_ms", record.upstream);
  line.ms("total_ms", record.total);
  line.num("attempts", record.attempts);
  if (record.limited > 0) line.num("limited", record.limited);
  add(line, "request_id", record.request_id);
}

}  // namespace postern::relay
