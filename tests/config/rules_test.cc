// What must hold between settings: one line is one case.
#include <array>
#include <string>
#include <vector>

#include "config/check.h"
#include "config/check_policy.h"
#include "config/check_store.h"
#include "config/loading.h"
#include "support/temporary_folder.h"

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Rule {
  std::string text;
  const char* place;  // line:column: path
  const char* word;   // of the message
};

void expect_one_fault_each(std::initializer_list<Rule> rules) {
  for (const Rule& rule : rules) {
    auto faults = faults_of(rule.text);
    EXPECT_THAT(faults, ElementsAre(::testing::AllOf(HasSubstr(rule.place), HasSubstr(rule.word))))
        << rule.text;
  }
}

TEST(Rules, OfListeners) {
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nlisten: 0.0.0.0:1", "2:9: listen[0]", "allow_remote"},
      {"grants: [{organization: acme}]\nlisten: ['[::]:1']", "2:10: listen[0]", "allow_remote"},
      {"grants: [{organization: acme}]\nlisten: sentry.io:1", "2:9: listen[0]", "numeric"},
      {"grants: [{organization: acme}]\nlisten: []", "2:9: listen", "at least one"},
      {"grants: [{organization: acme}]\nlisten: [127.0.0.1:1, 127.0.0.1:1]", "2:23: listen[1]",
       "twice"},
      {"grants: [{organization: acme}]\nlisten: [{mode: '0600'}]", "2:10: listen[0].address",
       "missing"},
      {"grants: [{organization: acme}]\nlisten: [{address: 127.0.0.1:1, mode: '0600'}]",
       "listen[0].mode", "unix sockets only"},
      {"grants: [{organization: acme}]\nlisten: [{address: 127.0.0.1:1, uids: [1]}]",
       "listen[0].uids", "unix sockets only"},
      {"grants: [{organization: acme}]\nlisten: [{address: 127.0.0.1:1, grant: beta}]",
       "2:40: listen[0].grant", "beta"},
  });
  EXPECT_TRUE(load_text(kLeast + "listen: [127.0.0.1:0, 127.0.0.1:0]")) << "each gets its own port";
}

TEST(Rules, OfTlsAtListeners) {
  const auto entry = [](const std::string& keys) {
    return "grants: [{organization: acme}]\nlisten: [{" + keys + "}]";
  };
  const auto tls = [&](const std::string& keys) {
    return entry("address: 127.0.0.1:1, tls: {" + keys + "}");
  };
  const std::vector<std::array<std::string, 3>> kRows = {
      {tls("certificate_file: c"), "listen[0].tls.key_file", "missing"},
      {tls("key_file: k"), "listen[0].tls.certificate_file", "missing"},
      {tls("client_ca_file: a"), "listen[0].tls.certificate_file", "missing"},
      {tls("certificate_file: c, key_file: k, client_names: [web]"), "listen[0].tls.client_ca_file",
       "missing"},
      {tls("certificate_file: c, key_file: k, client_ca_file: a, client_names: ['*']"),
       "listen[0].tls.client_names", "'*' may have a star"},
      {tls("certificate_file: c, key_fil: k"), "listen[0].tls.key_fil", "did you mean key_file?"},
      {entry("address: 'unix:/p', tls: {certificate_file: c, key_file: k}"), "listen[0].tls",
       "not for unix sockets"},
  };
  for (const auto& [text, place, word] : kRows) {
    EXPECT_THAT(faults_of(text), ElementsAre(::testing::AllOf(HasSubstr(place), HasSubstr(word))))
        << text;
  }
}

TEST(Rules, OfTrustedProxies) {
  const std::string start = "grants: [{organization: acme}]\nserver: {trusted_proxies: ";
  EXPECT_THAT(faults_of(start + "[proxy.test]}"),
              ElementsAre(::testing::AllOf(HasSubstr("2:27: server.trusted_proxies"),
                                           HasSubstr("'proxy.test' is no address or network"))));
  EXPECT_THAT(faults_of(start + "[10.0.0.0/33]}"), ElementsAre(HasSubstr("from 0 to 32")));
  EXPECT_THAT(options_of(start + "[10.0.0.0/8, 'fd00::/8']}").server.trusted_proxies,
              ElementsAre("10.0.0.0/8", "fd00::/8"));
}

TEST(Rules, OfNamesThatRulesGoBy) {
  const std::string start =
      "grants: [{organization: acme}]\n"
      "listen:\n"
      "  - {address: 127.0.0.1:1, name: gate, tls: {certificate_file: c, key_file: k, "
      "client_ca_file: a}}\n"
      "  - {address: 127.0.0.1:2, name: plain}\n";
  const auto rules = [&](const std::string& caller) {
    return faults_of(start + "policy: {rules: [{effect: deny, caller: {" + caller + "}}]}");
  };
  EXPECT_THAT(rules("listener: gate, names: [web, '*.shop.svc']"), ElementsAre());
  for (const char* caller : {"names: [web]", "listener: plain, names: [web]"})
    EXPECT_THAT(rules(caller), ElementsAre(HasSubstr("tls.client_ca_file"))) << caller;
  EXPECT_THAT(rules("listener: gate, names: [w*b]"),
              ElementsAre(HasSubstr("'w*b' may have a star")));
}

TEST(Rules, OfPathsThatGoWithoutAnOrganization) {
  constexpr const char* kPlace = "policy.unpinned";
  expect_one_fault_each({
      {"grants: [{organization: acme}]\npolicy: {unpinned: [broadcasts]}", kPlace, "/api/0/"},
      {"grants: [{organization: acme}]\npolicy: {unpinned: [/api/0//x/]}", kPlace, "empty"},
      {"grants: [{organization: acme}]\npolicy: {unpinned: ['/api/0/x*']}", kPlace, "star"},
      {"grants: [{organization: acme}]\npolicy: {unpinned: ['/api/0/organizations/*']}", kPlace,
       "add a grant"},
      {"grants: [{organization: acme}]\npolicy: {unpinned: [/api/0/a/, x]}", "policy.unpinned[1]",
       "'x'"},
  });
  EXPECT_TRUE(
      load_text(kLeast + "policy: {unpinned: [/api/0/broadcasts/, '/api/0/users/{id}/*']}"));
}

TEST(Rules, OfTheControlPlane) {
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nadmin: {listen: 0.0.0.0:1}", "2:17: admin.listen",
       "other machines"},
      {"grants: [{organization: acme}]\nprobes: {listen: sentry.io:1}", "2:18: probes.listen",
       "nor is it off"},
      {"grants: [{organization: acme}]\nadmin: {max_stall: 1s}", "2:20: admin.max_stall", "3s"},
      {"grants: [{organization: acme}]\nadmin: {inspect_bodies: 65KiB}", "admin.inspect_bodies",
       "64KiB"},
      {"grants: [{organization: acme}]\nadmin: {inspect_bodies: 64KiB}",
       "2:25: admin.inspect_bodies", "4MiB"},
      {"grants: [{organization: acme}]\nmetrics: {max_series: 5}", "metrics.max_series", "100"},
  });
  EXPECT_TRUE(load_text(kLeast + "admin: {inspect: 32, inspect_bodies: 64KiB}"));
  auto loaded = load_text(kLeast + "probes: {listen: 0.0.0.0:9090}\nadmin: {listen: off}");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->options.admin.probes_listen, "0.0.0.0:9090");
  EXPECT_EQ(loaded->options.admin.listen, "");
  EXPECT_EQ(load_text(kLeast + "probes: {listen: off}")->options.admin.probes_listen, "");
}

TEST(Rules, OfEventsByADsn) {
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nupstream: {max_connections: 16}\nsentry: {ingest: pass}",
       "sentry.ingest_connections", "below upstream.max_connections, 16"},
  });
  EXPECT_TRUE(load_text(kLeast + "upstream: {max_connections: 16}")) << "none pass";
  EXPECT_TRUE(load_text(kLeast + "upstream: {max_connections: 16}\n"
                                 "sentry: {ingest: pass, ingest_connections: 4}"));
}

TEST(Rules, OfTheCache) {
  expect_one_fault_each({
      {"grants: [{organization: acme}]\ncache: {max_bytes: 1MiB, max_body: 2MiB}",
       "2:36: cache.max_body", "max_bytes"},
      {"grants: [{organization: acme}]\ncache: {lists: -1s}", "2:16: cache.lists", ""},
  });
}

TEST(Rules, OfGrants) {
  expect_one_fault_each({
      {"", "1:1: grants", "at least one"},
      {"grants: []", "1:9: grants", "at least one"},
      {"grants: acme", "1:9: grants", "must be a list"},
      {"grants: [acme]", "1:10: grants[0]", "mapping"},
      {"grants: [{name: a}]", "1:10: grants[0].organization", "missing"},
      {"grants: [{organization: Acme Inc}]", "grants[0].organization", "slug"},
      {"grants: [{organization: a/b}]", "grants[0].organization", "slug"},
      {"grants: [{organization: acme, name: ../x}]", "grants[0].name", "A-Z"},
      {"grants: [{organization: acme, name: .x}]", "grants[0].name", "dot"},
      {"grants: [{organization: acme}, {organization: acme}]", "grants[1].name", "already"},
      {"grants: [{organization: acme, kind: basic}]", "grants[0].kind", "oauth"},
      {"grants: [{organization: acme, scopes: []}]", "grants[0].scopes", "at least one"},
      {"grants: [{organization: acme, scopes: ['org:read org:write']}]", "grants[0].scopes",
       "not a scope"},
      {"grants: [{organization: acme, sentry: {url: 'http://a'}}]", "grants[0].sentry.url",
       "only TLS"},
      {"grants: [{organization: acme, client: {secret: x}}]", "grants[0].client.secret", "missing"},
  });
}

TEST(Rules, OfSentryAndClient) {
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nsentry: {url: 'http://127.0.0.1:1'}", "2:15: sentry.url",
       "only TLS"},
      {"grants: [{organization: acme}]\nsentry: {url: sentry.io}", "sentry.url", "https://"},
      {"grants: [{organization: acme}]\nsentry: {url: 'https://sentry.io/api/0'}", "sentry.url",
       "no path"},
      {"grants: [{organization: acme}]\nsentry: {url: 'https://u:p@sentry.io'}", "sentry.url",
       "user or password"},
      {"grants: [{organization: acme}]\npolicy: {catalogue: /nonexistent.tsv}", "policy.catalogue",
       "cannot open"},
      {"grants: [{organization: acme}]\npolicy: {catalogue: /dev/null}", "policy.catalogue",
       "empty"},
      {"grants: [{organization: acme}]\npolicy: {preflight: maybe}", "policy.preflight",
       "enforce, warn, off"},
      {"grants: [{organization: acme}]\nsentry: {ca_file: /nonexistent.pem}", "sentry.ca_file",
       "/nonexistent.pem"},
      {"grants: [{organization: acme}]\nsentry: {egress_proxy: 'socks5://a:1'}",
       "sentry.egress_proxy", "http://"},
      {"grants: [{organization: acme}]\nclient: {secret: x}", "client.secret", "missing"},
      {"grants: [{organization: acme}]\nclient: {id: 'a b'}", "client.id", "visible"},
      {"grants: [{organization: acme}]\nstore: {kind: sqlite}", "store.kind",
       "file, redis, kubernetes"},
  });
}

TEST(Rules, OfTheStoreInRedis) {
  const std::string redis = "grants: [{organization: acme}]\nstore: {kind: redis, redis: ";
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nstore: {kind: redis}", "store.redis.url", "is missing"},
      {"grants: [{organization: acme}]\nstore: {redis: {url: 'redis://r'}}", "2:9: store.redis",
       "is for store.kind: redis or limits.share: redis"},
      {"grants: [{organization: acme}]\nstore: {when_unreachable: refresh_alone}",
       "store.when_unreachable", "store.kind: redis"},
      {redis + "{url: 'http://r'}}", "2:35: store.redis.url", "redis://"},
      {redis + "{url: 'redis://:canary@r'}}", "store.redis.url", "does not belong into the URL"},
      {redis + "{url: 'redis://r', prefix: 'a{b}'}}", "2:56: store.redis.prefix", "visible"},
      {redis + "{url: 'rediss://r', ca_file: /nonexistent.pem}}", "store.redis.ca_file",
       "/nonexistent.pem"},
      {redis + "{url: 'rediss://r', key_file: /dev/null}}", "store.redis.key_file", "needs"},
      {redis + "{addresses: ['redis://a', 'redis://b']}}", "store.redis.addresses",
       "cluster: true"},
      {redis + "{url: 'redis://r', user: jane}}", "store.redis.password", "is missing"},
      {redis + "{url: 'redis://r', wait_replicas: 1000}}", "store.redis.wait_replicas", "100"},
  });
  for (const std::string& fault : faults_of(redis + "{url: 'redis://:canary@r'}}"))
    EXPECT_EQ(fault.find("canary"), std::string::npos) << fault;
  const Options options = options_of(redis + "{addresses: ['s1:26379', 's2:26379'], master: m}}");
  EXPECT_EQ(options.store.kind, StoreKind::kRedis);
  EXPECT_EQ(options.store.redis.prefix, "postern");
}

TEST(Rules, WhatFollowsFromAFaultOfTheStoreIsNotToldBesides) {
  const std::string redis = "redis: {url: 'redis://r', ";
  expect_one_fault_each({
      {kLeast + "store: {kind: reddis, " + redis + "}}", "store.kind", "redis"},
      {kLeast + "limits: {share: reddis}\nstore: {" + redis + "}}", "limits.share", "redis"},
      {kLeast + "store: {kind: kubernets, kubernetes: {secret: s}}", "store.kind", "kubernetes"},
      {kLeast + "store: {kind: reddis, when_unreachable: refresh_alone}", "store.kind", "redis"},
      {kLeast + "store: {kind: redis, " + redis + "user: jane, password_file: /nonexistent}}",
       "store.redis.password_file", "/nonexistent"},
  });
}

TEST(Rules, OfTheStoreInKubernetes) {
  const std::string with = "grants: [{organization: acme}]\nstore: {kind: kubernetes, kubernetes: ";
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nstore: {kubernetes: {secret: s}}", "2:9: store.kubernetes",
       "store.kind: kubernetes"},
      {with + "{server: 'http://k'}}", "store.kubernetes.server", "https://"},
      {with + "{server: 'https://k/api'}}", "store.kubernetes.server", "without a path"},
      {with + "{server: 'https://'}}", "store.kubernetes.server", "https://"},
      {with + "{secret: '../x'}}", "store.kubernetes.secret", "a-z"},
      {with + "{secret: ''}}", "store.kubernetes.secret", "a-z"},
      {with + "{lease: A}}", "store.kubernetes.lease", "a-z"},
      {with + "{namespace: 'a/b'}}", "store.kubernetes.namespace", "a-z"},
      {with + "{ca_file: /nonexistent.pem}}", "store.kubernetes.ca_file", "/nonexistent.pem"},
      {with + "{token_file: /nonexistent}}", "store.kubernetes.token_file", "/nonexistent"},
      {with + "{timeout: 0s}}", "store.kubernetes.timeout", "0s"},
  });
  const Options options =
      options_of(kLeast + "store: {kind: kubernetes, when_unreachable: refresh_alone}");
  EXPECT_EQ(options.store.kind, StoreKind::kKubernetes);
  EXPECT_EQ(options.store.kubernetes.secret, "postern-grants");
}

TEST(Rules, OfLimitsThatAreShared) {
  const std::string shared = "grants: [{organization: acme}]\nlimits: {share: redis}\n";
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nlimits: {share: file}", "limits.share", "off, redis"},
      {shared, "store.redis.url", "limits.share: redis needs it"},
      {shared + "store: {redis: {url: 'http://r'}}", "store.redis", "redis://"},
      {shared + "store: {redis: {url: 'redis://r', ca_file: /nonexistent.pem}}", "store.redis",
       "rediss"},
      {shared + "store: {redis: {url: 'redis://r', wait_replicas: 1}}", "store.redis.wait_replicas",
       "is for store.kind: redis"},
      {shared + "store: {when_unreachable: refresh_alone, redis: {url: 'redis://r'}}",
       "store.when_unreachable", "is for store.kind: redis"},
  });
  const Options options = options_of(shared + "store: {redis: {url: 'redis://r'}}");
  EXPECT_EQ(options.limits_share, LimitsShare::kRedis);
  EXPECT_EQ(options.store.kind, StoreKind::kFile);
  EXPECT_TRUE(uses_redis(options));
  EXPECT_FALSE(uses_redis(options_of(kLeast)));
}

TEST(Rules, APasswordOfRedisThatAFileHoldsIsLeftToWhoeverConnects) {
  test::TemporaryFolder folder;
  const std::string file = folder.write("password", "canary\n");
  const Options options = options_of(kLeast + "store: {kind: redis, redis: {url: 'redis://r', " +
                                     "password_file: " + file + "}}");
  const redis::Options connection = redis_options(options.store);
  EXPECT_EQ(connection.password_file, file);
  EXPECT_TRUE(connection.password.empty());
}

TEST(Rules, OfRouteTimeouts) {
  const auto with = [](const char* rule) {
    return kLeast + "upstream: {timeouts: [\"" + rule + "\"]}";
  };
  for (const char* good : {"uploads=1s", "autofix=100ms", "/api/0/a/{b}/c/=5m", "/api/0/a/*=1h"})
    EXPECT_THAT(faults_of(with(good)), ElementsAre()) << good;
  for (const char* odd : {"uploads", "uploads=", "uploads=0s", "uploads=2h", "uploads=x"})
    EXPECT_THAT(faults_of(with(odd)), ElementsAre(HasSubstr("100ms to 1h"))) << odd;
  for (const char* odd : {"upload=1s", "=1s", "/api/1/a/=1s", "/api/0/a*=1s", "/api/0/*/a/=1s",
                          "/api/0/a//b/=1s", "/api/0/a/?b=1s"})
    EXPECT_THAT(faults_of(with(odd)), ElementsAre(HasSubstr("is neither uploads, autofix"))) << odd;
}

TEST(Rules, RouteTimeoutsAreSplitAtTheLastEqualsSign) {
  const auto options = options_of(kLeast + "upstream: {timeouts: ['/api/0/a=b/=5s']}");
  ASSERT_EQ(options.relay.route_timeouts.size(), 1u);
  EXPECT_EQ(options.relay.route_timeouts[0].what, "/api/0/a=b/");
  EXPECT_EQ(options.relay.route_timeouts[0].first_byte, 5s);
  EXPECT_EQ(options_of(kLeast).relay.route_timeouts.size(), 2u) << "uploads and autofix";
}

TEST(Rules, OfTheGuard) {
  expect_one_fault_each({
      {"grants: [{organization: acme}]\nguard: {hosts: ['*.example']}", "guard.hosts", "pattern"},
      {"grants: [{organization: acme}]\nguard: {hosts: ['a:80']}", "guard.hosts", "no port"},
      {"grants: [{organization: acme}]\nguard: {origins: ['app.example']}", "guard.origins",
       "origin"},
      {"grants: [{organization: acme}]\nguard: {origins: ['*']}", "guard.origins", "origin"},
      {"grants: [{organization: acme}]\nguard: {require_header: 'a b'}", "guard.require_header",
       "field name"},
  });
  EXPECT_TRUE(load_text(kLeast + "guard: {require_header: 'X-Postern-Request: true'}"));
}

TEST(Rules, OfPolicyRules) {
  const std::string start = "grants: [{organization: acme}]\npolicy:\n";
  const std::vector<std::array<std::string, 3>> kRows = {
      {"  access: read", "3:11: policy.access", "full, read-only"},
      {"  default: refuse", "3:12: policy.default", "allow, deny"},
      {"  default: deny", "3:12: policy.default", "none that allows"},
      {"  dry_run: maybe", "3:12: policy.dry_run", "true or false"},
      {"  rules: deny", "3:10: policy.rules", "must be a list"},
      {"  rules: [deny]", "3:11: policy.rules[0]", "mapping"},
      {"  rules: [{methods: [PUT]}]", "3:11: policy.rules[0].effect", "allow or deny"},
      {"  rules: [{effect: forbid}]", "policy.rules[0].effect", "allow, deny"},
      {"  rules: [{effect: deny, method: PUT}]", "policy.rules[0].method", "did you mean methods?"},
      {"  rules: [{effect: deny, grant: acmee}]", "policy.rules[0].grant", "did you mean acme?"},
      {"  rules: [{effect: deny, caller: {listener: '127.0.0.1:7978'}}]",
       "policy.rules[0].caller.listener", "did you mean 127.0.0.1:7979?"},
      {"  rules: [{effect: deny, caller: {uids: [1]}}]", "policy.rules[0].caller.uids",
       "unix socket only"},
      {"  rules: [{effect: deny, caller: {listener: '127.0.0.1:7979', uids: [1]}}]",
       "policy.rules[0].caller.uids", "unix socket only"},
      {"  rules: [{effect: deny, name: a, grant: acme}, {effect: deny, name: a}]",
       "policy.rules[1].name", "already"},
      {"  rules: [{effect: deny}, {effect: allow, methods: [GET]}]", "policy.rules[1]",
       "never reached"},
      {"  rules: [{effect: deny, metods: [PUT]}, {effect: allow, methods: [GET]}]",
       "policy.rules[0].metods", "did you mean methods?"},
      {"  rules: [{effect: deny, methods: {}}, {effect: allow, methods: [GET]}]",
       "policy.rules[0].methods", "list"},
      {"  rules: [deny, {effect: allow, methods: [GET]}]", "policy.rules[0]", "mapping"},
      {"  rules: [{effect: deny, caller: {listner: x}}, {effect: allow, methods: [GET]}]",
       "policy.rules[0].caller.listner", "did you mean listener?"},
      {"  access: read-only\n  rules: [{effect: allow, methods: [POST]}]",
       "4:36: policy.rules[0].methods", "read-only"},
  };
  for (const auto& [text, place, word] : kRows) {
    EXPECT_THAT(faults_of(start + text + "\n"),
                ElementsAre(::testing::AllOf(HasSubstr(place), HasSubstr(word))))
        << text;
  }
}

TEST(Rules, OfPolicyAreRead) {
  const Options options = options_of(R"(grants: [{organization: acme}]
listen:
  - {address: 127.0.0.1:1, name: agent}
  - {address: "[::1]:1", name: agent}
  - {address: "unix:/p", name: ci}
policy:
  default: deny
  dry_run: true
  rules:
    - {name: reads, effect: allow, methods: [GET], caller: {listener: agent}}
    - {effect: allow, path: /api/0/projects/acme/web/*, caller: {listener: ci, uids: [7]}, grant: acme}
)");
  const policy::Options& policy = options.relay.policy;
  EXPECT_EQ(policy.fallback, policy::Effect::kDeny);
  EXPECT_TRUE(policy.dry_run);
  ASSERT_EQ(policy.rules.size(), 2U);
  EXPECT_EQ(policy.rules[0].name, "reads");
  EXPECT_EQ(policy.rules[0].effect, policy::Effect::kAllow);
  EXPECT_EQ(policy.rules[0].listener, "agent");
  EXPECT_EQ(policy.rules[1].path, "/api/0/projects/acme/web/*");
  EXPECT_THAT(policy.rules[1].uids, ElementsAre(7));
  EXPECT_EQ(policy.rules[1].grant, "acme");
}

TEST(Rules, WhatOthersFindIsPlacedAsWellAndAlongWithTheRest) {
  const auto faults = load({"test.yaml",
                            "grants: [{organization: acme}]\n"
                            "policy: {rules: [{effect: deny, path: /x}], access: no}\n",
                            {},
                            {},
                            [](const Options& options) -> std::vector<Remark> {
                              return {{"policy.rules[0].path", options.relay.policy.rules[0].path}};
                            }})
                          .error();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(format(faults[0]), "test.yaml:2:39: policy.rules[0].path: /x");
  EXPECT_THAT(format(faults[1]), HasSubstr("policy.access"));
}

TEST(Rules, ASecretInAFaultyConfigurationIsNotQuoted) {
  for (const std::string& fault : faults_of(kLeast + "client: {id: a, secret: 'canary x'}")) {
    EXPECT_THAT(fault, ::testing::Not(HasSubstr("canary")));
  }
  EXPECT_EQ(faults_of(kLeast + "client: {id: a, secret: 'canary x'}").size(), 1U);
}

TEST(CheckOptions, SaysNothingAboutWhatFollowsFromAnEarlierFault) {
  Options options;  // no grants, no listeners
  Faults faults{{{}, "grants", "must be a list"}};
  check_options(options, {}, faults);
  for (size_t i = 1; i < faults.size(); ++i) EXPECT_NE(faults[i].path, "grants");
}

}  // namespace
}  // namespace postern::config
