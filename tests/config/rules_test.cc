// What must hold between settings: one line is one case.
#include "config/check.h"
#include "config/loading.h"

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Rule {
  const char* text;
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
      {"grants: [{organization: acme, client: {secret: x}}]", "grants[0].client.id", "missing"},
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
      {"grants: [{organization: acme}]\nclient: {secret: x}", "client.id", "missing"},
      {"grants: [{organization: acme}]\nclient: {id: 'a b'}", "client.id", "visible"},
      {"grants: [{organization: acme}]\nstore: {kind: redis}", "store.kind", "file"},
  });
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
