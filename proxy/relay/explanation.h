// What can be said about a request that is only asked about, and about the buckets of the limits:
// plain values, for those who show them. Texts are words of ours or of the endpoint table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "limits/report.h"
#include "policy/catalogue.h"
#include "policy/permission.h"

namespace postern::relay {

struct Question {
  std::string_view method;           // "GET"
  std::string_view path;             // raw, without the query
  std::string_view grant = {};       // as in X-Postern-Grant; empty: says nothing
  std::string_view listener = {};    // that the caller comes in by, as rules call it; empty: none
  std::string_view ceiling = {};     // the listener's grant; empty: any
  std::optional<uint32_t> uid = {};  // of the caller, at a unix socket
  std::string_view name = {};        // of its certificate, where the listener asks for one
};

// What the endpoint table says.
struct EndpointView {
  // "endpoint", "other_method", "missing_slash", "unknown", or "ingest": an event by a DSN
  std::string match;
  std::string operation;  // this and what follows: of "endpoint" only
  std::string path;       // template
  std::string status;     // "published", "private"…
  bool published = false;
  std::string access;  // "scopes", "public", "any_token", "session", "client_secret" or "unknown"
  std::vector<std::string> scopes;  // any one suffices
  std::string least_scope;          // the one to ask for
  bool accepts_dsn = false;
  std::string limits;  // as in the table: first guesses
  std::string group;   // how its calls are counted
  std::string route;
};

struct BucketView {
  // Of those below, only in a list of buckets.
  std::string user;
  std::string host;
  std::string group;
  std::vector<std::string> routes;  // at most kMostRoutes
  size_t routes_left_off = 0;
  Duration oldest_wait{};
  uint64_t refusals = 0;  // because of a forecast or a deadline

  std::optional<int64_t> limit;      // calls a window
  std::optional<int64_t> remaining;  // as the newest answer said
  std::optional<int64_t> concurrent_limit;
  int64_t window_s = 0;  // 0: not known
  int64_t in_flight = 0;
  int64_t in_flight_allowed = 0;
  size_t queued = 0;
  std::map<std::string, uint64_t> answers;   // by kind: "served", "window", "concurrency"…
  std::optional<limits::ShareStatus> share;  // nothing: no other Posterns draw on it

  static constexpr size_t kMostRoutes = 16;
};

// What policy.access, policy.rules and policy.default say.
struct PolicyView {
  bool allowed = true;
  std::string by;  // the rule's name or place, or the setting
  bool dry_run = false;
};

// What the cache has for such a request.
struct CacheView {
  std::string kind;  // "event", "trace", "detail", "list", "state"; "none": neither kept nor shared
  Duration lifetime{};  // that such answers are kept; zero: they are not
  std::optional<Duration>
      age;  // of one that is kept: callers that accept the same are served with it
};

// What the request would be answered with, without being sent.
struct RefusalView {
  std::string code;
  int status = 0;
  std::string detail;
  std::string action;
};

// What would become of it now.
struct Prospect {
  std::string grant;
  std::string grant_state;  // empty: not known
  std::string caller;       // as whom it takes turns, "gateway/web.shop.svc"; empty: not asked
  std::string permission;   // "passes", "lacks", "no_token" or "not_known": by the token's scopes
  std::string remedy;       // of "lacks": how to get the scope
  std::string outcome;      // "goes", "waits", "refused", or "not_known" where nothing runs
  std::string reason;       // why it waits ("budget", "in_flight"…), or the problem's code
  Duration wait{};          // forecast
  Duration retry_after{};   // of "refused"
  size_t ahead = 0;         // requests that would go before it
  bool limited = true;      // false: limits are switched off
  std::optional<RefusalView> refusal;  // of "refused"
  std::optional<CacheView> cache;      // nothing: the cache is off
  std::optional<PolicyView> policy;    // nothing: nothing is restricted
  std::optional<BucketView> bucket;    // nothing: no call has been made that would tell
};

struct Explanation {
  std::string method;
  std::string path;
  std::string sent_as;    // what Sentry is asked for in its place; empty: the path as it is
  EndpointView endpoint;  // of what is sent
  Prospect now;
  bool live = true;  // false: nothing runs, so configuration, endpoint table and store have spoken
};

// `route`: as the limits have it. Pure.
EndpointView view_of(const policy::Match& match, std::string_view route);
BucketView view_of(const limits::BucketStatus& status, size_t queued);
BucketView view_of(const limits::BucketReport& report);
std::string_view name_of(limits::Blocker blocker);
std::string_view name_of(policy::Clearance clearance);
std::string_view name_of(policy::MatchKind kind);  // "endpoint"…

}  // namespace postern::relay
