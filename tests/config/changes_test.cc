#include "config/changes.h"

#include <set>

#include "config/keys.h"
#include "config/loading.h"
#include "support/temporary_folder.h"

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a running Postern makes of `after`, having started with `before`.
class ChangesTest : public testing::Test {
 protected:
  Changes change(const std::string& before, const std::string& after) {
    running_ = options_of(kLeast + before);
    return take_over(running_, options_of(kLeast + after));
  }
  Options running_;
};

TEST_F(ChangesTest, WhatIsTheSameIsNoChange) {
  const Changes changes = change("log: {level: warn}", "log: {level: warn}\n# a word\n");
  EXPECT_THAT(changes.taken, IsEmpty());
  EXPECT_THAT(changes.need_restart, IsEmpty());
}

TEST_F(ChangesTest, WhatMayChangeIsTakenOverInTheOrderOfTheReference) {
  const Changes changes = change("", R"(
log: {level: debug, format: json, access: false}
drain: {timeout: 7s}
limits: {max_wait: 3s, reserve: 10%}
guard: {hosts: [postern.test], origins: ["https://app.test"]}
server: {trusted_proxies: [10.0.0.0/8]}
)");
  EXPECT_THAT(changes.taken, ElementsAre("guard.hosts", "guard.origins", "server.trusted_proxies",
                                         "limits.max_wait", "limits.reserve", "drain.timeout",
                                         "log.level", "log.format", "log.access"));
  EXPECT_THAT(changes.need_restart, IsEmpty());
  EXPECT_EQ(running_.log.level, log::Level::kDebug);
  EXPECT_EQ(running_.drain.timeout, 7s);
  EXPECT_EQ(running_.relay.limits.reserve, 0.1);
  EXPECT_THAT(running_.relay.guard.hosts, ElementsAre("postern.test"));
}

TEST_F(ChangesTest, WhatNeedsARestartStaysAndIsNamed) {
  const Changes changes = change("", R"(
listen: 127.0.0.1:9
store: {path: /elsewhere}
server: {max_line: 1KiB, idle_timeout: 9s}
admin: {listen: off}
)");
  EXPECT_THAT(changes.taken, ElementsAre("server.idle_timeout"));
  EXPECT_THAT(changes.need_restart,
              ElementsAre("listen", "store.path", "server.max_line", "admin.listen",
                          "admin.token_file", "runtime_file"));
  EXPECT_EQ(running_.listen.size(), 2U);
  EXPECT_EQ(running_.server.limits.max_line, Options().server.limits.max_line);
}

// The files that it names are watched by themselves.
TEST_F(ChangesTest, WhatAListenerAsksOfCallersNeedsARestart) {
  const auto gate = [](const std::string& more) {
    return "listen: [{address: 127.0.0.1:9, tls: {certificate_file: c, key_file: k, " + more +
           "}}]";
  };
  const std::string before = gate("client_ca_file: a, client_names: [web]");
  EXPECT_THAT(change(before, before).need_restart, IsEmpty());
  EXPECT_THAT(change(before, gate("client_ca_file: b, client_names: [web]")).need_restart,
              ElementsAre("listen[0].tls.client_ca_file"));
  for (const char* more : {"client_ca_file: a, client_names: [web, job]", "client_ca_file: a"})
    EXPECT_THAT(change(before, gate(more)).need_restart, ElementsAre("listen[0].tls.client_names"))
        << more;
  EXPECT_THAT(running_.listen.front().tls.client_names, ElementsAre("web"));
}

TEST_F(ChangesTest, ItIsNamedUntilItIsAsItWas) {
  change("", "store: {path: /elsewhere}");
  EXPECT_THAT(take_over(running_, options_of(kLeast + "store: {path: /elsewhere}")).need_restart,
              ElementsAre("store.path", "admin.token_file", "runtime_file"));
  EXPECT_THAT(take_over(running_, options_of(kLeast)).need_restart, IsEmpty());
}

TEST_F(ChangesTest, OfAnEntryItsKeyIsNamed) {
  running_ = options_of("grants: [{organization: acme}, {organization: globex}]");
  EXPECT_THAT(take_over(running_, options_of("grants: [{organization: acme}, "
                                             "{organization: globex, scopes: [org:read]}]"))
                  .need_restart,
              ElementsAre("grants[1].scopes"));
  EXPECT_THAT(take_over(running_, options_of(kLeast)).need_restart, ElementsAre("grants"));
}

TEST_F(ChangesTest, WhatEntriesHaveFromTheTopIsNamedOnce) {
  const Changes changes = change("client: {id: a, secret: one}", "client: {id: b, secret: two}");
  EXPECT_THAT(changes.need_restart, ElementsAre("client.id", "client.secret"));
}

TEST_F(ChangesTest, RulesAreTakenOver) {
  const std::string rules = "policy: {rules: [{effect: deny, methods: [DELETE]}]}";
  EXPECT_THAT(change("", rules).taken, ElementsAre("policy.rules"));
  EXPECT_EQ(running_.relay.policy.rules.size(), 1U);
  EXPECT_THAT(take_over(running_, options_of(kLeast + rules)).taken, IsEmpty());
}

TEST_F(ChangesTest, RulesForAnotherEndpointTableWaitForIt) {
  running_ = options_of(kLeast);
  Options wanted = options_of(kLeast + "policy: {rules: [{effect: deny, methods: [DELETE]}]}");
  wanted.relay.policy.table = "another";
  EXPECT_THAT(take_over(running_, wanted).need_restart,
              ElementsAre("policy.catalogue", "policy.rules"));
  EXPECT_THAT(running_.relay.policy.rules, IsEmpty());
}

TEST_F(ChangesTest, TimeoutsOfRoutesComeReadyMade) {
  EXPECT_THAT(change("", "upstream: {timeouts: [uploads=9s]}").taken,
              ElementsAre("upstream.timeouts"));
  ASSERT_EQ(running_.relay.route_timeouts.size(), 1U);
  EXPECT_EQ(running_.relay.route_timeouts[0].first_byte, 9s);
}

// For `show`: the origin of what runs, not that of what waits for a restart.
TEST_F(ChangesTest, OriginsAreTakenOverWithTheirValues) {
  auto running = load_text(kLeast + "log: {level: warn}");
  auto wanted = load_text(kLeast + "store: {path: /elsewhere}\n", {{"POSTERN_LOG_LEVEL", "debug"}});
  ASSERT_TRUE(running && wanted);
  take_over(*running, *wanted);
  EXPECT_EQ(format(running->origins["log.level"]), "environment POSTERN_LOG_LEVEL");
  EXPECT_EQ(running->origins.count("store.path"), 0U);
  EXPECT_EQ(running->origins.count("grants"), 1U);
}

// The keeper watches it.
TEST_F(ChangesTest, AnotherTokenInTheSameFileIsNoChange) {
  test::TemporaryFolder folder;
  const std::string file = folder.write("token", "first");
  const std::string text = "grants: [{organization: acme, kind: static, token_file: " + file + "}]";
  running_ = options_of(text);
  folder.write("token", "second");
  EXPECT_THAT(take_over(running_, options_of(text)).need_restart, IsEmpty());
}

// A setting that was renamed would be taken over without anybody knowing.
TEST(NeedsRestart, HoldsForTheseSettingsAndNoOthers) {
  Options options;
  std::set<std::string> sections;
  for (const Key& key : keys_of(options))
    if (needs_restart(key.path)) sections.emplace(key.path);
  EXPECT_EQ(sections, (std::set<std::string>{"listen",
                                             "sentry.url",
                                             "sentry.ca_file",
                                             "sentry.egress_proxy",
                                             "sentry.regions",
                                             "sentry.direct_uploads",
                                             "client.id",
                                             "client.secret",
                                             "client.auth",
                                             "grants",
                                             "store.kind",
                                             "store.path",
                                             "store.key",
                                             "store.old_key",
                                             "store.when_unreachable",
                                             "store.redis.url",
                                             "store.redis.addresses",
                                             "store.redis.master",
                                             "store.redis.cluster",
                                             "store.redis.user",
                                             "store.redis.password",
                                             "store.redis.sentinel_password_file",
                                             "store.redis.ca_file",
                                             "store.redis.certificate_file",
                                             "store.redis.key_file",
                                             "store.redis.prefix",
                                             "store.redis.connect_timeout",
                                             "store.redis.timeout",
                                             "store.redis.presence",
                                             "store.redis.wait_replicas",
                                             "store.kubernetes.server",
                                             "store.kubernetes.token_file",
                                             "store.kubernetes.ca_file",
                                             "store.kubernetes.namespace",
                                             "store.kubernetes.secret",
                                             "store.kubernetes.lease",
                                             "store.kubernetes.timeout",
                                             "refresh.timeout",
                                             "server.max_line",
                                             "server.max_head",
                                             "server.max_fields",
                                             "upstream.max_head",
                                             "upstream.max_fields",
                                             "policy.catalogue",
                                             "limits.share",
                                             "admin.listen",
                                             "admin.token_file",
                                             "admin.timeout",
                                             "admin.max_connections",
                                             "admin.max_stall",
                                             "admin.quitquitquit",
                                             "admin.inspect",
                                             "admin.inspect_bodies",
                                             "admin.read_only",
                                             "probes.listen",
                                             "metrics.max_series",
                                             "log.max_queue",
                                             "runtime_file"}));
}

}  // namespace
}  // namespace postern::config
