// MetricsSnapshot: every number of the metrics at one moment. It is taken on the loop, where it
// costs no more than copying, and written out elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/request_counts.h"
#include "admin/status_report.h"
#include "event/stall_meter.h"
#include "grants/grant.h"
#include "grants/refresh.h"
#include "limits/report.h"
#include "relay/relay.h"
#include "wire/listener.h"
#include "wire/pool_status.h"

namespace postern::admin {

struct GrantFigures {
  std::string name;
  grants::GrantState state = grants::GrantState::kMissing;
  bool usable = false;
  bool stored = true;
  bool needs_person = false;
  std::optional<int64_t> expires_in_s;
  std::array<uint64_t, grants::RefreshOutcome::kKinds> refreshes{};  // by outcome
};

struct PoolFigures {
  std::string upstream;     // origin
  bool for_tokens = false;  // the token endpoint's alone
  wire::PoolStatus status;
};

// Of one listener that speaks TLS.
struct CertificateFigures {
  std::string listener;
  int64_t expires_in_s = 0;  // negative: it has expired
  bool is_faulty = false;    // newer files cannot be used
  wire::HandshakeCounts handshakes;
  // Of the authorities for callers the next one that ends; nothing: no certificate is asked for.
  std::optional<int64_t> callers_expire_in_s = std::nullopt;
};

struct MetricsSnapshot {
  static constexpr size_t kMostBuckets = 100;

  std::string version;
  std::string commit;  // empty: not known
  bool ready = false;
  bool draining = false;
  RequestFigures requests;
  relay::Counters relay;
  size_t client_connections = 0;
  std::vector<CertificateFigures> certificates;
  std::vector<GrantFigures> grants;
  std::vector<PoolFigures> pools;
  std::array<uint64_t, 6> limit_answers{};     // of all buckets, by limits::AnswerKind
  std::vector<limits::BucketFigures> buckets;  // the most recently used, at most kMostBuckets
  std::optional<CacheReport> cache;            // none: it is off
  std::optional<ShareReport> share;            // none: limits.share is off
  uint64_t log_lines_dropped = 0;
  bool store_writable = true;
  ConfigurationReport configuration;
  event::Stalls stalls;
};

}  // namespace postern::admin
