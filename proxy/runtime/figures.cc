#include "runtime/figures.h"

#include <chrono>
#include <utility>

#include "base/version.h"
#include "relay/admission.h"
#include "relay/caching.h"

namespace postern::runtime {
namespace {

admin::GrantFigures figures_of(const grants::Keeper& keeper, WallTime now) {
  const grants::KeeperStatus status = keeper.status();
  admin::GrantFigures figures;
  figures.name = keeper.grant().options().name;
  figures.state = status.state;
  figures.usable = status.usable;
  figures.stored = status.stored;
  figures.needs_person = status.needs_person;
  if (status.expires_at) {
    figures.expires_in_s =
        std::chrono::floor<std::chrono::seconds>(*status.expires_at - now).count();
  }
  figures.refreshes = status.outcomes;
  return figures;
}

}  // namespace

std::optional<admin::CacheReport> report_of_cache(const relay::Relay& relay) {
  const relay::Caching* cache = relay.caching();
  if (cache == nullptr) return std::nullopt;
  const relay::Caching::Counters& counters = cache->counters();
  return admin::CacheReport{cache->bytes(),     cache->max_bytes(), cache->size(),    counters.hits,
                            counters.coalesced, counters.misses,    counters.bypasses};
}

std::vector<admin::UpstreamReport> report_of_upstreams(const Upstreams& upstreams) {
  std::vector<admin::UpstreamReport> reports;
  upstreams.each([&](const wire::H1Pool& pool, bool for_tokens) {
    const wire::PoolStatus status = pool.status();
    admin::UpstreamReport report;
    report.url = pool.url();
    report.for_tokens = for_tokens;
    report.busy = status.open - status.idle;
    report.idle = status.idle;
    report.connecting = status.connecting;
    report.waiting = status.waiting;
    report.connected = status.counters.connected;
    report.resumed = status.counters.resumed;
    for (const uint64_t failed : status.counters.failed) report.connect_failures += failed;
    reports.push_back(std::move(report));
  });
  return reports;
}

admin::Vitals vitals_of(const VitalsSources& sources) {
  admin::Vitals vitals;
  vitals.stalls = sources.stalls;
  vitals.requests = sources.relay.counters().active;
  if (const relay::Admission* admission = sources.relay.admission())
    vitals.admitted = admission->governor().requests();
  sources.upstreams.each([&](const wire::H1Pool& pool, bool for_tokens) {
    if (!for_tokens) vitals.calls += pool.status().calls;
  });
  return vitals;
}

admin::MetricsSnapshot snapshot_of(const SnapshotSources& sources) {
  admin::MetricsSnapshot snapshot;
  snapshot.version = version();
  snapshot.commit = commit().id;
  snapshot.relay = sources.relay.counters();
  for (const auto& keeper : sources.keepers.all())
    snapshot.grants.push_back(figures_of(*keeper, sources.now));
  sources.upstreams.each([&](const wire::H1Pool& pool, bool for_tokens) {
    snapshot.pools.push_back({pool.url(), for_tokens, pool.status()});
  });
  if (const relay::Admission* admission = sources.relay.admission()) {
    snapshot.limit_answers = admission->governor().answers();
    snapshot.buckets = admission->figures(admin::MetricsSnapshot::kMostBuckets);
  }
  snapshot.cache = report_of_cache(sources.relay);
  return snapshot;
}

}  // namespace postern::runtime
