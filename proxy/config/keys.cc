#include "config/keys.h"

#include "base/text.h"

namespace postern::config {
namespace {

constexpr Range between(Duration min, Duration max) {
  return {static_cast<uint64_t>(min.count()), static_cast<uint64_t>(max.count())};
}
constexpr Range between(uint64_t min, uint64_t max) {
  return {min, max};
}

constexpr Range kTimeout = between(100ms, 1h);
constexpr Range kSomeTimeout = between(0s, 24h);
constexpr Range kAge = between(0s, 24h * 30);
constexpr Range kMany = between(1, 1000000);
constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = kKiB * 1024;
constexpr uint64_t kTiB = kMiB * kMiB;

}  // namespace

// One table: cutting it in two would hide an order that the reference shows.
std::vector<Key> keys_of(Options& o) {  // NOLINT(readability-function-size)
  return {
      {"listen", &o.listen, {}, "an address, a list, or entries as below"},

      {"guard.hosts", &o.relay.guard.hosts, {}, "host names allowed beside localhost"},
      {"guard.origins",
       &o.relay.guard.origins,
       {},
       "web origins whose pages may call, https://app.example"},
      {"guard.require_header",
       &o.relay.guard.require_header,
       {},
       "field every request must carry, Name or Name: value"},

      {"sentry.url", &o.sentry.url, {}, "origin of Sentry, https only, no path"},
      {"sentry.ca_file", &o.sentry.ca_file, {}, "PEM file of authorities in place of the system's"},
      {"sentry.egress_proxy",
       &o.sentry.egress_proxy,
       {},
       "http://[user:password@]host:port; unset: HTTPS_PROXY"},
      {"sentry.regions", &o.sentry.regions, {}, "labels r for which r.<host of url> is Sentry too"},
      {"sentry.direct_uploads",
       &o.sentry.direct_uploads,
       {},
       "uploads go straight to the organization's region, if it is one of these"},
      {"sentry.ingest",
       &o.relay.ingest,
       {},
       "what SDKs send by a DSN: refused, or passed to url without a token (a Sentry of your own)"},
      {"sentry.ingest_connections", &o.relay.ingest_connections, between(1, 10000),
       "such events under way at a time; below upstream.max_connections, which calls need too"},

      {"client.id", &o.client.id, {}, "client id of the OAuth application at Sentry"},
      {"client.secret", &o.client.secret, {}, "its secret; leave out for a Public application"},
      {"client.auth", &o.client.auth, {}, "how it proves itself at the token endpoint"},

      {"grants", &o.grants, {}, "the organizations to act in; entries as below"},

      {"store.kind",
       &o.store.kind,
       {},
       "where tokens are kept; redis: several instances share them"},
      {"store.path",
       &o.store.path,
       {},
       "folder, 0700; unset: a state folder of the system or the user"},
      {"store.key",
       &o.store.key,
       {},
       "seals what is stored, AES-256-GCM: 32 bytes as 64 hex digits or base64"},
      {"store.old_key", &o.store.old_key, {}, "the key before, while keys change"},
      {"store.when_unreachable",
       &o.store.when_unreachable,
       {},
       "redis: at a token's last safe moment; refresh_alone is for a single instance"},
      {"store.redis.url",
       &o.store.redis.url,
       {},
       "redis://host:6379/0, rediss://host (TLS), unix:///path; or"},
      {"store.redis.addresses",
       &o.store.redis.addresses,
       {},
       "several such: Sentinels, or nodes of a cluster"},
      {"store.redis.master",
       &o.store.redis.master,
       {},
       "the addresses are Sentinels, and call it so"},
      {"store.redis.cluster", &o.store.redis.cluster, {}, "they are nodes of a Redis Cluster"},
      {"store.redis.user", &o.store.redis.user, {}, "of the ACL; unset: the one called default"},
      {"store.redis.password",
       &o.store.redis.password,
       {},
       "its password",
       &o.store.redis.password_file},
      {"store.redis.sentinel_password_file",
       &o.store.redis.sentinel_password_file,
       {},
       "file of the Sentinels' own password"},
      {"store.redis.ca_file",
       &o.store.redis.ca_file,
       {},
       "rediss: PEM file of authorities in place of the system's"},
      {"store.redis.certificate_file", &o.store.redis.certificate_file, {}, "client's, PEM; and"},
      {"store.redis.key_file", &o.store.redis.key_file, {}, "its key"},
      {"store.redis.prefix", &o.store.redis.prefix, {}, "what the names of all keys begin with"},
      {"store.redis.connect_timeout", &o.store.redis.connect_timeout, kTimeout,
       "name, TCP, TLS and password together"},
      {"store.redis.timeout", &o.store.redis.timeout, kTimeout, "from a command to its reply"},
      {"store.redis.presence", &o.store.redis.presence, kTimeout,
       "how often this instance says there that it is there; silent for six times that, it is "
       "gone"},
      {"store.redis.wait_replicas", &o.store.redis.wait_replicas, between(0, 100),
       "how many must have a new token before it is used"},

      {"refresh.early_percent", &o.refresh.early_percent, between(1, 90),
       "refreshed when this much of the lifetime is left"},
      {"refresh.floor", &o.refresh.floor, kSomeTimeout,
       "early refreshes are that far apart, or half the lifetime"},
      {"refresh.last_safe", &o.refresh.last_safe, kSomeTimeout,
       "before expiry, when a refresh waits for nobody; at most a quarter of the lifetime"},
      {"refresh.hold", &o.refresh.hold, kSomeTimeout,
       "how long large uploads are held back for a refresh"},
      {"refresh.max_wait", &o.relay.max_token_wait, kTimeout,
       "how long a request waits for a live token; then 503"},
      {"refresh.timeout", &o.refresh.timeout, kTimeout, "of a call to the token endpoint"},
      {"refresh.backoff_min", &o.refresh.backoff_min, kTimeout, "after a failed call"},
      {"refresh.backoff_max", &o.refresh.backoff_max, kTimeout, "the longest, after many"},

      {"server.head_timeout", &o.server.head_timeout, kTimeout,
       "a request head must be whole by then"},
      {"server.body_timeout", &o.server.body_timeout, kTimeout,
       "longest silence inside a request body"},
      {"server.write_timeout", &o.server.write_timeout, kTimeout,
       "longest time a caller may take no bytes"},
      {"server.idle_timeout", &o.server.idle_timeout, kTimeout,
       "kept-alive connection without a request"},
      {"server.half_close", &o.server.half_close, {}, "when a caller's FIN comes first"},
      {"server.max_connections", &o.server.max_connections, kMany,
       "callers' connections at a time"},
      {"server.max_line", Bytes{&o.server.limits.max_line}, between(256, kMiB), "request line"},
      {"server.max_head", Bytes{&o.server.limits.max_head}, between(kKiB, kMiB),
       "request line and fields together"},
      {"server.max_fields", &o.server.limits.max_fields, between(8, 10000),
       "field lines of a request"},
      {"server.max_unsent", Bytes{&o.server.max_unsent}, between(16 * kKiB, 64 * kMiB),
       "answer bytes held for a slow caller"},
      {"server.trusted_proxies",
       &o.server.trusted_proxies,
       {},
       "networks, 10.0.0.0/8, whose X-Forwarded-For says who the caller is; empty: nobody's"},

      {"upstream.connect_timeout", &o.upstream.connect_timeout, kTimeout,
       "name, TCP, egress proxy and TLS together"},
      {"upstream.first_byte_timeout", &o.upstream.first_byte_timeout, kTimeout,
       "from the request sent until the head of the answer is whole"},
      {"upstream.timeouts",
       &o.route_timeouts,
       {},
       "first_byte_timeout of uploads, autofix or /api/0/a/{b}/; the first that fits"},
      {"upstream.idle_timeout", &o.upstream.idle_timeout, kTimeout,
       "longest silence inside a body, either way"},
      {"upstream.total_timeout", &o.upstream.total_timeout, kSomeTimeout,
       "a whole call; 0s: no limit"},
      {"upstream.queue_timeout", &o.upstream.queue_timeout, kTimeout,
       "longest wait for a connection to become free"},
      {"upstream.keep_alive", &o.upstream.keep_alive, kSomeTimeout,
       "idle connections older than this are closed"},
      {"upstream.max_connections", &o.upstream.max_connections, between(1, 10000),
       "connections to one Sentry"},
      {"upstream.max_handshakes", &o.upstream.max_handshakes, between(1, 10000),
       "of them being set up at the same time"},
      {"upstream.max_waiting", &o.upstream.max_waiting, kMany,
       "calls waiting for a connection; one more gets 503"},
      {"upstream.max_head", Bytes{&o.upstream.limits.max_head}, between(kKiB, kMiB),
       "head of an answer"},
      {"upstream.max_fields", &o.upstream.limits.max_fields, between(8, 10000),
       "field lines of an answer"},
      {"upstream.high_water", Bytes{&o.upstream.high_water}, between(16 * kKiB, 64 * kMiB),
       "bytes held for a slow caller before reading stops"},
      {"upstream.max_attempts", &o.relay.max_attempts, between(1, 5),
       "sends of one request, when connections fail"},

      {"policy.organization_pinning",
       &o.relay.policy.organization_pinning,
       {},
       "a grant serves its own organization only"},
      {"policy.unpinned",
       &o.relay.policy.unpinned,
       {},
       "paths that may go without an organization, /api/0/broadcasts/"},
      {"policy.preflight",
       &o.relay.policy.preflight,
       {},
       "a call that lacks a published scope gets 403, or is sent and marked"},
      {"policy.catalogue",
       &o.relay.policy.catalogue,
       {},
       "endpoint table, a file like conf/sentry-endpoints.tsv; unset: the program's own"},
      {"policy.access",
       &o.relay.policy.access,
       {},
       "read-only: GET, HEAD and OPTIONS only, whatever a rule says"},
      {"policy.rules", &o.relay.policy.rules, {}, "the first that fits decides; entries as below"},
      {"policy.default", &o.relay.policy.fallback, {}, "what becomes of a call that no rule fits"},
      {"policy.dry_run",
       &o.relay.policy.dry_run,
       {},
       "true: what would be denied is logged, and passes"},

      {"limits.enabled", &o.relay.limited, {}, "false: nothing waits, and 429s pass through"},
      {"limits.max_wait", &o.relay.limits.max_wait, between(0s, 1h),
       "longest wait for Sentry's rate limit; callers may shorten it"},
      {"limits.max_queue", &o.relay.limits.max_queue, kMany, "requests waiting for it"},
      {"limits.max_queue_bytes", Bytes{&o.relay.limits.max_queue_bytes}, between(64 * kKiB, kTiB),
       "memory they may hold"},
      {"limits.bucket_share", Percent{&o.relay.limits.bucket_share}, between(1, 100),
       "of both that requests of one limit may fill"},
      {"limits.reserve", Percent{&o.relay.limits.reserve}, between(0, 90),
       "of a limit that is left to others who use it too"},
      {"limits.max_in_flight", &o.relay.limits.max_in_flight, between(1, 10000),
       "calls under way in one limit, whatever Sentry allows"},
      {"limits.max_buckets", &o.relay.limits.max_buckets, between(16, 1000000),
       "limits remembered; the longest idle one goes"},
      {"limits.max_tries", &o.relay.limits.max_tries, between(1, 10),
       "calls of a request that search or gateway turn away"},
      {"limits.retry_budget", Percent{&o.relay.limits.retry_budget}, between(0, 100),
       "of all calls that may be such further ones"},

      {"cache.enabled",
       &o.relay.cache.enabled,
       {},
       "true: answers are kept and shared among callers"},
      {"cache.max_bytes", Bytes{&o.relay.cache.max_bytes}, between(kMiB, kTiB),
       "memory that all answers kept or being gathered may hold"},
      {"cache.max_body", Bytes{&o.relay.cache.max_body}, between(kKiB, 64 * kMiB),
       "longer bodies are neither kept nor shared"},
      {"cache.events", &o.relay.cache.events, kAge, "how long an event is served again; 0s: never"},
      {"cache.traces", &o.relay.cache.traces, kAge, "a trace"},
      {"cache.details", &o.relay.cache.details, kAge, "one issue, project or release"},
      {"cache.lists", &o.relay.cache.lists, kAge, "collections and numbers"},

      {"body.max", Bytes{&o.relay.max_body}, between(0, kTiB),
       "request body; a larger one gets 413"},
      {"replay.max_body", Bytes{&o.relay.replay_max_body}, between(0, kMiB * kKiB),
       "bodies up to here can be sent again when a connection dies"},
      {"replay.max_total", Bytes{&o.relay.replay_max_total}, between(0, kTiB),
       "memory of all bodies kept for that, in blocks of 16 KiB"},

      {"rewrite.max_body", Bytes{&o.relay.rewrite_max_body}, between(16 * kKiB, kMiB * kKiB),
       "answers read whole to change addresses in them; a larger one gets 502"},
      {"rewrite.max_total", Bytes{&o.relay.rewrite_max_total}, between(16 * kKiB, kTiB),
       "all of them, together"},

      {"admin.listen",
       &o.admin.listen,
       {},
       "probes, metrics, status page; loopback or unix:/path; off: none"},
      {"admin.token_file",
       &o.admin.token_file,
       {},
       "token for calls that change something; unset: admin.token in store.path"},
      {"admin.timeout", &o.admin.timeout, kTimeout,
       "a request there must be whole by then, its answer taken"},
      {"admin.max_connections", &o.admin.max_connections, between(4, 10000),
       "there, at a time; one more takes the slowest one's place"},
      {"admin.inspect", &o.admin.inspect, between(0, 10000),
       "last requests that the status page shows; 0: none"},
      {"admin.inspect_bodies", Bytes{&o.admin.inspect_bodies}, between(0, 64 * kKiB),
       "how much of each body it shows too, to all who reach admin.listen; 0: none"},
      {"admin.read_only",
       &o.admin.read_only,
       {},
       "true: the status page shows, and connects no grant"},
      {"admin.max_stall", &o.admin.max_stall, between(3s, 10min),
       "the event loop standing still for longer turns /livez red for a minute"},
      {"admin.quitquitquit",
       &o.admin.quitquitquit,
       {},
       "true: POST /quitquitquit there ends Postern, and needs no token"},

      {"probes.listen",
       &o.admin.probes_listen,
       {},
       "probes and metrics alone, read only, for kubelet and Prometheus; any address; unset: none"},
      {"metrics.max_series", &o.admin.max_series, between(100, 1000000),
       "series of requests by route; past them the route is other"},

      {"drain.delay", &o.drain.delay, between(0s, 1h),
       "after SIGTERM: serves on, not ready, until those who route to it have noticed"},
      {"drain.timeout", &o.drain.timeout, between(0s, 1h), "then, for requests in flight"},

      {"log.level", &o.log.level, {}, "least important line that is written"},
      {"log.format", &o.log.format, {}, "form of a line"},
      {"log.access", &o.log.access, {}, "one line for each request"},
      {"log.sample", Percent{&o.relay.access_log.sample}, between(0, 100),
       "of requests that went well, those with a line; all others have theirs"},
      {"log.slow", &o.relay.access_log.slow, kSomeTimeout,
       "requests that take longer are logged as a warning; 0s: none"},
      {"log.max_queue", &o.log.max_queue, between(16, 1000000),
       "lines waiting to be written; more are dropped"},

      {"runtime_file",
       &o.runtime_file,
       {},
       "tells the chosen ports; unset: postern.runtime in store.path"},
  };
}

std::vector<Key> keys_of(wire::ListenOptions& l) {
  return {
      {"address", &l.address, {}, "or 127.0.0.1:7979, [::1]:7979; port 0 picks one"},
      {"name", &l.name, {}, "for policy.rules; several may share one. Unset: the address"},
      {"mode", Mode{&l.mode}, {}, "permission bits of a unix socket"},
      {"uids", &l.uids, {}, "user ids it serves; empty: whoever can open it"},
      {"grant", &l.grant, {}, "the only grant to be used here; unset: any"},
      {"allow_remote", &l.allow_remote, {}, "needed for an address that is not loopback"},
      {"tls.certificate_file",
       &l.tls.certificate_file,
       {},
       "PEM, its chain behind it; callers then come by https. Watched, like the other two"},
      {"tls.key_file", &l.tls.key_file, {}, "its key, readable by nobody else"},
      {"tls.client_ca_file",
       &l.tls.client_ca_file,
       {},
       "callers must show a certificate of these authorities; unset: they need none"},
      {"tls.client_names",
       &l.tls.client_names,
       {},
       "in it: web.shop.svc, *.shop.svc, spiffe://shop.example/ns/web/*; empty: any"},
  };
}

std::vector<Key> keys_of(GrantSetup& g) {
  return {
      {"name", &g.grant.name, {}, "for X-Postern-Grant; unset: the organization"},
      {"kind", &g.grant.kind, {}, "how the token is obtained"},
      {"organization", &g.grant.organization, {}, "slug of the organization"},
      {"scopes",
       &g.grant.scopes,
       {},
       "asked for at login; of a static token: what it has, if known"},
      {"required", &g.grant.required, {}, "not ready without it"},
      {"sentry.url", &g.sentry.url, {}, "as above, which holds where this says nothing"},
      {"sentry.ca_file", &g.sentry.ca_file, {}, "likewise"},
      {"sentry.egress_proxy", &g.sentry.egress_proxy, {}, "likewise"},
      {"sentry.regions", &g.sentry.regions, {}, "likewise"},
      {"sentry.direct_uploads", &g.sentry.direct_uploads, {}, "likewise"},
      {"client.id", &g.grant.client.id, {}, "an application of its own, instead of the one above"},
      {"client.secret", &g.grant.client.secret, {}, "its secret"},
      {"client.auth", &g.grant.client.auth, {}, "likewise"},
      {"authorize_parameters", &g.authorize_parameters, {}, "name=value, added to the login's URL"},
      {"token_parameters", &g.token_parameters, {}, "name=value, added to each token request"},
      {"seed_file",
       &g.grant.seed_file,
       {},
       "oauth: a token or stored grant that fills an empty store"},
      {"installation", &g.grant.installation, {}, "integration: uuid of the installation"},
      {"code", &g.grant.code, {}, "integration: its grant code, for the first exchange"},
      {"token", &g.grant.token, {}, "static: the token; its file is watched", &g.grant.token_file},
  };
}

std::vector<Key> keys_of(policy::RuleOptions& r) {
  return {
      {"name", &r.name, {}, "for refusals and the log; unset: its place"},
      {"effect", &r.effect, {}, "has to be given"},
      {"methods", &r.methods, {}, "GET is HEAD too; empty: any"},
      {"path", &r.path, {}, "a template of Sentry's API, or a beginning and a star: /api/0/…/*"},
      {"operation", &r.operation, {}, "instead of methods and path, as postern explain calls it"},
      {"caller.listener", &r.listener, {}, "name, or address, of an entry of listen; unset: any"},
      {"caller.uids", &r.uids, {}, "user ids, where the listener is a unix socket; empty: any"},
      {"caller.names",
       &r.names,
       {},
       "of certificates, as tls.client_names has them, where the listener asks for one; empty: "
       "any"},
      {"grant", &r.grant, {}, "name of the grant that is used; unset: any"},
  };
}

bool is_secret(const Key& key) {
  return std::holds_alternative<Secret*>(key.value);
}

std::string environment_name(std::string_view path) {
  std::string name = "POSTERN_";
  for (char c : path) {
    bool small = c >= 'a' && c <= 'z';
    name += c == '.' ? '_' : small ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

}  // namespace postern::config
