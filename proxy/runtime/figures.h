// The numbers of all parts, gathered for the metrics and the probes.
#pragma once

#include <optional>

#include "admin/health.h"
#include "admin/metrics_snapshot.h"
#include "admin/status_report.h"
#include "base/clock.h"
#include "event/stall_meter.h"
#include "relay/relay.h"
#include "runtime/keepers.h"
#include "runtime/upstreams.h"

namespace postern::runtime {

struct VitalsSources {
  const relay::Relay& relay;
  const Upstreams& upstreams;
  event::Stalls stalls;
};
admin::Vitals vitals_of(const VitalsSources& sources);

// Nothing: there is no cache.
std::optional<admin::CacheReport> report_of_cache(const relay::Relay& relay);

struct SnapshotSources {
  const relay::Relay& relay;
  const Upstreams& upstreams;
  const Keepers& keepers;
  WallTime now;
};
// All but what the caller alone has: requests, connections, log, stalls. Loop thread.
admin::MetricsSnapshot snapshot_of(const SnapshotSources& sources);

}  // namespace postern::runtime
