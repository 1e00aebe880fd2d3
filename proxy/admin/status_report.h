// What Postern says about itself: the document of GET /api/status and of `postern status --json`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "relay/explanation.h"

namespace postern::admin {

// Times are RFC 3339; empty text: unknown.
struct GrantReport {
  std::string name;
  std::string kind;
  std::string state;
  bool required = true;
  bool usable = false;  // has a token that has not expired
  std::string organization;
  std::string organization_id;
  std::string user_id;
  std::string user_name;
  std::string user_email;
  std::vector<std::string> scopes;
  std::string expires_at;
  std::optional<int64_t> expires_in_s;
  std::optional<int64_t> lifetime_s;  // the whole of it, from when the token was obtained
  std::string next_refresh;
  uint64_t generation = 0;
  std::string last_error;
  std::string last_error_at;
  std::string remedy;  // what a person has to do; empty: nobody has to
  bool stored = true;
  bool needs_person = false;
  std::string where;
  uint64_t refreshes = 0;
};

// The response cache: what it holds, and what it was to the requests that are over.
struct CacheReport {
  uint64_t bytes = 0;
  uint64_t max_bytes = 0;
  uint64_t answers = 0;
  uint64_t hits = 0;
  uint64_t coalesced = 0;
  uint64_t misses = 0;
  uint64_t bypasses = 0;
};

// How the limits that are shared with other Posterns fare.
struct ShareReport {
  uint64_t replicas = 0;  // that asked lately or, if more, are on the list; 0: not known yet
  std::string fault;      // why the last question had no answer in time; empty: it had
  uint64_t answered = 0;  // questions since the start
  uint64_t late = 0;      // with an answer that came too late to be waited for
  uint64_t failed = 0;    // without one
};

// The connections to one Sentry.
struct UpstreamReport {
  std::string url;
  bool for_tokens = false;  // the token endpoint's alone
  uint64_t busy = 0;
  uint64_t idle = 0;
  uint64_t connecting = 0;
  uint64_t waiting = 0;    // calls in line for one
  uint64_t connected = 0;  // since the start
  uint64_t resumed = 0;    // of them, with an earlier TLS session
  uint64_t connect_failures = 0;
};

// What a listener shows to callers that speak TLS, and whom it asks for a certificate.
struct CertificateReport {
  std::string listener;  // as bound
  std::string file;
  std::vector<std::string> names;  // hosts that it is for
  std::string expires_at;          // it, or what comes behind it in the file
  int64_t expires_in_s = 0;        // zero or less: it has expired
  // Of the authorities for callers the next one that ends; empty: no certificate is asked for.
  std::string callers_expire_at;
  std::optional<int64_t> callers_expire_in_s;
  std::string loaded_at;  // when what is in use was read; empty: at the start
  std::string fault;      // of the files as they are now; empty: they are in use
};

// What became of changes of the configuration since the start.
struct ConfigurationReport {
  uint64_t loads = 0;                     // that were in order, whether or not anything had changed
  std::string loaded_at;                  // the last of them; empty: none
  uint64_t refusals = 0;                  // that had a fault and changed nothing
  std::string fault;                      // of the last load; empty: it was in order
  std::vector<std::string> need_restart;  // settings that are not what the file says
};

struct StatusReport {
  bool running = false;  // false: read from the store, so version, pid and uptime are not there
  std::string version;
  int64_t pid = 0;
  int64_t uptime_s = 0;
  bool ready = false;
  bool draining = false;
  std::string store_fault;       // why nothing new can be stored; empty: it can
  bool store_is_shared = false;  // by other instances: it may be out of reach, and all go on
  std::string log_level;
  ConfigurationReport configuration;
  std::vector<std::string> listen;
  std::optional<CacheReport> cache;  // nothing: it is off, or nothing runs
  std::optional<ShareReport> share;  // likewise
  std::vector<GrantReport> grants;
  std::vector<relay::BucketView> limits;  // the most recently used, at most kMostLimits

  std::vector<UpstreamReport> upstreams;
  std::vector<CertificateReport> certificates;  // of each listener that speaks TLS

  static constexpr size_t kMostLimits = 100;
};

std::string format_status(const StatusReport& report);
std::string format_grants(const StatusReport& report);     // GET /api/grants
Result<StatusReport> parse_status(std::string_view json);  // of a running instance

}  // namespace postern::admin
