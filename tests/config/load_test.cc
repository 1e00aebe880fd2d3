#include "config/load.h"

#include "config/defaults.h"
#include "config/loading.h"
#include "config/options.h"
#include "support/temporary_folder.h"

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Load, TheLeastConfigurationHasEveryDefault) {
  Options options = options_of(kLeast, {{"STATE_DIRECTORY", "/state"}});
  ASSERT_EQ(options.grants.size(), 1U);
  const grants::GrantOptions& grant = options.grants[0].grant;
  EXPECT_EQ(grant.name, "acme");
  EXPECT_EQ(grant.organization, "acme");
  EXPECT_EQ(grant.sentry_url, "https://sentry.io");
  EXPECT_EQ(grant.scopes, default_scopes());
  EXPECT_TRUE(grant.required);
  ASSERT_EQ(options.listen.size(), 2U);
  EXPECT_EQ(options.listen[0].address, "127.0.0.1:7979");
  EXPECT_EQ(options.listen[1].address, "[::1]:7979");
  EXPECT_EQ(options.store.path, "/state");
  EXPECT_EQ(options.runtime_file, "/state/postern.runtime");
  EXPECT_EQ(options.upstream.url, "https://sentry.io");
}

TEST(Load, WebOriginsAreWrittenAsBrowsersDo) {
  Options options = options_of(kLeast + R"(
guard:
  origins: ["https://App.example:443", "http://app.example:80", "http://app.example:443",
            "https://app.example:8443", "https://[::1]:443", "https://app.example:80"]
)");
  EXPECT_THAT(options.relay.guard.origins,
              ElementsAre("https://app.example", "http://app.example", "http://app.example:443",
                          "https://app.example:8443", "https://[::1]", "https://app.example:80"));
}

TEST(Load, EverySectionReachesItsFolder) {
  Options options = options_of(kLeast + R"(
guard: { hosts: [Postern.Example], origins: ["https://app.example"], require_header: X-Postern-Request }
sentry: { url: "https://Sentry.Example:8443/", egress_proxy: "http://u:p@proxy:1", regions: [eu] }
server: { head_timeout: 3s, half_close: serve, max_head: 16KiB, max_line: 4KiB, max_fields: 50 }
upstream: { connect_timeout: 2s, queue_timeout: 1s, max_head: 8KiB, max_attempts: 1 }
body: { max: 5MiB }
drain: { timeout: 3s }
log: { level: debug, format: json, access: false, sample: 5%, slow: 2s, max_queue: 100 }
store: { path: /elsewhere }
)");
  EXPECT_THAT(options.relay.guard.hosts, ElementsAre("postern.example"));
  EXPECT_THAT(options.relay.guard.origins, ElementsAre("https://app.example"));
  EXPECT_EQ(options.relay.guard.require_header, "X-Postern-Request");
  EXPECT_EQ(options.upstream.url, "https://sentry.example:8443");
  EXPECT_EQ(options.upstream.egress_proxy, "http://u:p@proxy:1");
  EXPECT_THAT(options.sentry.regions, ElementsAre("eu"));
  EXPECT_EQ(options.server.head_timeout, 3s);
  EXPECT_EQ(options.server.half_close, wire::HalfClose::kServe);
  EXPECT_EQ(options.server.limits.max_head, 16U * 1024);
  EXPECT_EQ(options.server.limits.max_line, 4U * 1024);
  EXPECT_EQ(options.server.limits.max_fields, 50U);
  EXPECT_EQ(options.upstream.connect_timeout, 2s);
  EXPECT_EQ(options.upstream.queue_timeout, 1s);
  EXPECT_EQ(options.upstream.limits.max_head, 8U * 1024);
  EXPECT_EQ(options.relay.max_attempts, 1);
  EXPECT_EQ(options.relay.max_body, 5U << 20);
  EXPECT_EQ(options.drain.timeout, 3s);
  EXPECT_EQ(options.log.level, log::Level::kDebug);
  EXPECT_EQ(options.log.format, log::Format::kJson);
  EXPECT_FALSE(options.log.access);
  EXPECT_EQ(options.log.max_queue, 100U);
  EXPECT_DOUBLE_EQ(options.relay.access_log.sample, 0.05);
  EXPECT_EQ(options.relay.access_log.slow, Duration(std::chrono::seconds(2)));
  EXPECT_EQ(options.store.path, "/elsewhere");
  EXPECT_EQ(options.runtime_file, "/elsewhere/postern.runtime");
}

TEST(Load, ListenTakesAnAddressAListOrEntries) {
  EXPECT_EQ(options_of(kLeast + "listen: 127.0.0.1:1").listen.size(), 1U);
  Options options = options_of(kLeast + R"(
listen:
  - 127.0.0.1:1
  - { address: "unix:/run/p.sock", mode: "0660", uids: [1000, 1001], grant: acme }
  - { address: "0.0.0.0:2", allow_remote: true }
)");
  ASSERT_EQ(options.listen.size(), 3U);
  EXPECT_EQ(options.listen[0].address, "127.0.0.1:1");
  EXPECT_EQ(options.listen[1].mode, 0660);
  EXPECT_THAT(options.listen[1].uids, ElementsAre(1000U, 1001U));
  EXPECT_EQ(options.listen[1].grant, "acme");
  EXPECT_TRUE(options.listen[2].allow_remote);
}

TEST(Load, AListenerMaySpeakTls) {
  const Options options = options_of(kLeast + R"(
listen:
  - address: 127.0.0.1:1
    tls: {certificate_file: c, key_file: k, client_ca_file: a, client_names: [web, "*.shop.svc"]}
  - 127.0.0.1:2
)");
  const wire::ListenTlsOptions& tls = options.listen[0].tls;
  EXPECT_TRUE(tls.is_on() && tls.asks_for_certificates());
  EXPECT_EQ(tls.key_file, "k");
  EXPECT_THAT(tls.client_names, ElementsAre("web", "*.shop.svc"));
  EXPECT_FALSE(options.listen[1].tls.is_on());
}

TEST(Load, AGrantTakesFromTheTopWhatItDoesNotSay) {
  Options options = options_of(R"(
sentry: { url: "https://a.example", egress_proxy: "http://proxy:1", regions: [eu] }
client: { id: top, secret: top-secret }
grants:
  - { organization: one }
  - { name: second, organization: two, required: false, scopes: [org:read],
      sentry: { url: "https://b.example" }, client: { id: own } }
)");
  ASSERT_EQ(options.grants.size(), 2U);
  EXPECT_EQ(options.grants[0].grant.client.id, "top");
  EXPECT_EQ(options.grants[0].grant.client.secret.reveal(), "top-secret");
  const GrantSetup& second = options.grants[1];
  EXPECT_EQ(second.grant.name, "second");
  EXPECT_FALSE(second.grant.required);
  EXPECT_EQ(second.grant.sentry_url, "https://b.example");
  EXPECT_THAT(second.grant.scopes, ElementsAre("org:read"));
  EXPECT_EQ(second.grant.client.id, "own");
  EXPECT_TRUE(second.grant.client.secret.empty()) << "the secret of another application";
  auto upstream = upstream_for(options, second);
  EXPECT_EQ(upstream.url, "https://b.example");
  EXPECT_EQ(upstream.egress_proxy, "http://proxy:1");
  EXPECT_EQ(grant_options(options)[1].name, "second");
}

TEST(Load, TheScopesOfATokenMadeElsewhereAreKnownOnlyIfTold) {
  Options options = options_of(R"(
grants:
  - { name: untold, organization: acme, kind: static, token: a }
  - { name: told, organization: acme, kind: static, token: b, scopes: [org:read] }
  - { name: oauth, organization: acme }
)");
  EXPECT_THAT(options.grants[0].grant.scopes, IsEmpty());
  EXPECT_THAT(options.grants[1].grant.scopes, ElementsAre("org:read"));
  EXPECT_EQ(options.grants[2].grant.scopes, default_scopes());
}

TEST(Load, NullMeansNotSet) {
  Options options = options_of(kLeast + "log:\nserver: { head_timeout: null }\nclient: ~\n");
  EXPECT_EQ(options.server.head_timeout, wire::ServerOptions{}.head_timeout);
}

TEST(Load, VariablesAreExpandedInValuesButNotInComments) {
  Options options = options_of(
      "# ${NOT_SET}\ngrants: [{organization: '${ORG}'}]\n"
      "listen: 127.0.0.1:${PORT:-1234}  # ${NOT_SET}\n",
      {{"ORG", "acme"}});
  EXPECT_EQ(options.grants[0].grant.organization, "acme");
  EXPECT_EQ(options.listen[0].address, "127.0.0.1:1234");
}

TEST(Load, WhatAVariableHoldsIsNotTakenForYaml) {
  auto faults = faults_of("grants: [{organization: '${ORG}'}]", {{"ORG", "a}, {organization: b"}});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0], HasSubstr("is not a slug"));
}

TEST(Load, SecretsComeFromFilesWithoutTheirLastNewline) {
  test::TemporaryFolder folder;
  std::string file = folder.write("secret", "s3cr3t\n");
  Options options = options_of(kLeast + "client: { id: a, secret_file: " + file + " }");
  EXPECT_EQ(options.client.secret.reveal(), "s3cr3t");
  EXPECT_EQ(options.grants[0].grant.client.secret.reveal(), "s3cr3t");
}

TEST(Load, ASecretFileMustBeThereAndHoldSomething) {
  test::TemporaryFolder folder;
  for (const std::string& file : {folder / "absent", folder.write("empty", "\n")}) {
    auto faults = faults_of(kLeast + "client: { id: a, secret_file: " + file + " }");
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_THAT(faults[0], HasSubstr("test.yaml:2:"));
    EXPECT_THAT(faults[0], HasSubstr("client.secret_file: "));
    EXPECT_THAT(faults[0], HasSubstr(file));
  }
}

TEST(Load, ASecretAndItsFileAreOneTooMany) {
  test::TemporaryFolder folder;
  std::string file = folder.write("secret", "a");
  for (const std::string& both :
       {"secret: x, secret_file: " + file, "secret_file: " + file + ", secret: x"}) {
    auto faults = faults_of(kLeast + "client: { id: a, " + both + " }");
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_THAT(faults[0], HasSubstr("keep one of them"));
  }
  EXPECT_TRUE(load_text(kLeast + "client: { id: a, secret: x, secret_file: null }"));
}

// Everything wrong at once, in the order of the file, each with its place, path and a hint.
TEST(Load, ListsAllFaultsAtOnce) {
  auto faults = faults_of(R"(listen:
  - { address: "0.0.0.0:80", modde: "0660" }
server:
  hed_timeout: 3s
  idle_timeout: 3
  idle_timeout: 5s
upstream: 5
max_waiting: 4
sentry: { url: "http://sentry.io" }
client: { id: "${NOT_SET}" }
grants:
  - organisation: acme
  - { organization: acme, scopes: ["org:read,a"] }
)");
  EXPECT_THAT(
      faults,
      ElementsAre(
          HasSubstr("test.yaml:2:5: listen[0]: 0.0.0.0:80 can be reached"),
          HasSubstr("test.yaml:2:30: listen[0].modde: unknown key; did you mean mode?"),
          HasSubstr("test.yaml:4:3: server.hed_timeout: unknown key; did you mean head_timeout?"),
          HasSubstr("test.yaml:5:17: server.idle_timeout: '3' is not a duration"),
          HasSubstr("test.yaml:6:3: server.idle_timeout: is given twice"),
          HasSubstr("test.yaml:7:11: upstream: must be a mapping"),
          HasSubstr("test.yaml:8:1: max_waiting: unknown key; did you mean upstream.max_waiting?"),
          HasSubstr("test.yaml:9:16: sentry.url: must be https://"),
          HasSubstr("test.yaml:10:15: client.id: the environment variable NOT_SET is not set"),
          HasSubstr(
              "test.yaml:12:5: grants[0].organisation: unknown key; did you mean organization?"),
          HasSubstr("test.yaml:13:35: grants[1].scopes: 'org:read,a' is not a scope")));
}

TEST(Load, AnUnknownKeyLikeNoOtherGetsTheListOfKeys) {
  auto faults = faults_of(kLeast + "log: { zzzzzzzz: 1 }");
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0], HasSubstr("known here: level, format, access, sample, slow, max_queue"));
}

TEST(Load, AFileThatIsNotYamlHasOneFault) {
  EXPECT_EQ(faults_of("a: [").size(), 1U);
  EXPECT_EQ(faults_of("- a").size(), 1U);
}

TEST(Load, AValueThatCouldNotBeExpandedIsOneFault) {
  EXPECT_EQ(faults_of(kLeast + "server: { head_timeout: '${NOT_SET}' }").size(), 1U);
  EXPECT_EQ(faults_of(kLeast + "listen: 127.0.0.1:${NOT_SET}").size(), 1U);
  EXPECT_EQ(faults_of(kLeast + "sentry: { url: '${NOT_SET}' }").size(), 1U);
}

TEST(Load, KnowsWhereEachValueIsFrom) {
  auto loaded = load_text(kLeast + "log: { level: warn }");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(format(loaded->origins.at("log.level")), "test.yaml:2:15");
  EXPECT_EQ(format(loaded->origins.at("grants[0].organization")), "test.yaml:1:25");
  EXPECT_EQ(loaded->origins.count("log.format"), 0U);
}

}  // namespace
}  // namespace postern::config
