#include "cli/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/documents.h"
#include "cli/explanation_text.h"
#include "cli/stored_explanation.h"
#include "cli/streams.h"

namespace postern::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    options_.admin.listen = "";  // nobody to ask
    options_.grants.resize(1);
    options_.grants[0].grant.name = options_.grants[0].grant.organization = "acme";
    options_.grants[0].sentry.url = options_.grants[0].grant.sentry_url = "https://sentry.io";
    options_.store.path = "/nowhere/store";
  }

  std::string path(std::string_view text) {
    const auto path = api_path(text, options_.grants, catalogue_);
    return path ? *path : "no: " + path.error().what;
  }

  void listen(const std::string& address, const std::string& name, const std::string& grant = "",
              std::vector<uint32_t> uids = {}) {
    wire::ListenOptions& listener = options_.listen.emplace_back();
    listener.address = address;
    listener.name = name;
    listener.grant = grant;
    listener.uids = std::move(uids);
  }

  int run(const std::string& method, const std::string& path, const std::string& grant = "") {
    arguments_.method = method;
    arguments_.path = path;
    arguments_.grant = grant;
    return explain(options_, arguments_, clock_, streams_.context);
  }

  static relay::Explanation waiting() {
    relay::Explanation explanation;
    explanation.method = "GET";
    explanation.path = "/api/0/x/";
    explanation.endpoint.match = "endpoint";
    explanation.endpoint.operation = "listX";
    explanation.endpoint.status = "deprecated";
    explanation.endpoint.published = true;
    explanation.endpoint.access = "scopes";
    explanation.endpoint.scopes = {"a:read", "a:write"};
    explanation.endpoint.group = "GET";
    explanation.endpoint.route = "/api/0/x/";
    relay::Prospect now;
    now.grant = "acme";
    now.grant_state = "fresh";
    now.outcome = "waits";
    now.reason = "budget";
    now.wait = std::chrono::microseconds(1499500);
    now.ahead = 3;
    now.bucket.emplace();
    now.bucket->limit = 40;
    now.bucket->remaining = 0;
    now.bucket->window_s = 1;
    now.bucket->in_flight = 2;
    now.bucket->in_flight_allowed = 22;
    now.bucket->queued = 4;
    now.bucket->answers = {{"served", 9}, {"window", 2}, {"search", 0}};
    explanation.now = now;
    return explanation;
  }

  config::Options options_;
  Arguments arguments_;
  SystemClock clock_;
  policy::Catalogue catalogue_ = policy::Catalogue::built_in();
  Streams streams_;
};

TEST_F(ExplainTest, ThePathMayBeWrittenInEachWayThatPeopleWriteIt) {
  constexpr std::string_view kWhole = "/api/0/organizations/acme/issues/";
  for (const std::string_view text :
       {"/api/0/organizations/acme/issues/", "api/0/organizations/acme/issues/",
        "/organizations/acme/issues/", "organizations/acme/issues/",
        "https://sentry.io/api/0/organizations/acme/issues/",
        "https://us.sentry.io/api/0/organizations/acme/issues/?query=is:unresolved#top",
        "/api/0/organizations/acme/issues/?cursor=0:100:0"})
    EXPECT_EQ(path(text), kWhole) << text;
  EXPECT_EQ(path("/api/0/new-thing/"), "/api/0/new-thing/") << "Sentry has more than the table";
  EXPECT_EQ(path("/organizations/acme/issues"), "/api/0/organizations/acme/issues")
      << "a missing slash matters, so it stays missing";
}

TEST_F(ExplainTest, APathThatCannotBeIsSaid) {
  EXPECT_THAT(path("/oauth/token/"), HasSubstr("only paths below /api/0/"));
  EXPECT_THAT(path("https://sentry.io/settings/"), HasSubstr("only paths below /api/0/"));
  EXPECT_THAT(path("https://sentry.io"), HasSubstr("only paths below /api/0/"));
  EXPECT_THAT(path("https://evil.example/api/0/projects/"),
              HasSubstr("is not a URL of https://sentry.io"));
  EXPECT_THAT(path("https://sentry.io.evil.example/api/0/projects/"), HasSubstr("not a URL of"));
  EXPECT_THAT(path("http://sentry.io/api/0/projects/"), HasSubstr("not a URL of"));
  EXPECT_THAT(path("/api/0/projects/../x/"), HasSubstr("no: "));
  EXPECT_EQ(path("/api/42/envelope/"), "/api/42/envelope/") << "sentry.ingest decides on this";
}

TEST_F(ExplainTest, TheQueryIsEncoded) {
  EXPECT_EQ(explain_query({"GET", "/api/0/a%20b/&x=1/", "acme"}),
            "?method=GET&path=%2Fapi%2F0%2Fa%2520b%2F%26x%3D1%2F&grant=acme");
  EXPECT_EQ(explain_query({"GET", "/api/0/", "", "a b", "", 7}),
            "?method=GET&path=%2Fapi%2F0%2F&listener=a%20b&uid=7");
  EXPECT_EQ(explain_query({"GET", "/api/0/", "", "gate", "", {}, "spiffe://a/b"}),
            "?method=GET&path=%2Fapi%2F0%2F&listener=gate&name=spiffe%3A%2F%2Fa%2Fb");
  EXPECT_EQ(explain_query({"GET", "/api/0/", ""}), "?method=GET&path=%2Fapi%2F0%2F");
}

TEST_F(ExplainTest, WithoutARunningInstanceItSaysWhatItCannotKnow) {
  EXPECT_EQ(run("get", "organizations/acme/issues/"), kDone);
  EXPECT_THAT(streams_.err.str(), HasSubstr("the endpoint table and the store say"));
  EXPECT_THAT(streams_.err.str(), HasSubstr("grant acme: its scopes are not known: there is no"));
  EXPECT_THAT(streams_.out.str(),
              AllOf(HasSubstr("GET /api/0/organizations/acme/issues/\n"), HasSubstr("(published)"),
                    HasSubstr("any of: event:read"), HasSubstr("not known: nothing runs"),
                    HasSubstr("acme, as it is stored"), Not(HasSubstr("limit "))));
}

TEST_F(ExplainTest, WithoutARunningInstancePinningIsJudgedAllTheSame) {
  EXPECT_EQ(run("GET", "/api/0/broadcasts/"), kDone);
  EXPECT_THAT(streams_.out.str(),
              AllOf(HasSubstr("refused, 403 unpinnable"), HasSubstr("names no organization"),
                    HasSubstr("or list this path in policy.unpinned")));
  EXPECT_EQ(run("GET", "/api/0/issues/17/"), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("/api/0/organizations/acme/issues/17/"));
}

TEST_F(ExplainTest, WithoutARunningInstanceTheRulesAreJudged) {
  options_.relay.policy.access = policy::AccessMode::kReadOnly;
  EXPECT_EQ(run("PUT", "organizations/acme/issues/"), kDone);
  EXPECT_THAT(streams_.out.str(),
              AllOf(HasSubstr("denied by policy.access"), HasSubstr("refused, 403 policy_denied"),
                    HasSubstr("ask whoever runs this Postern")));
}

TEST_F(ExplainTest, WithoutARunningInstanceTheScopesAreTheStoredOnes) {
  grants::GrantOptions& grant = options_.grants[0].grant;
  grant.kind = grants::Kind::kStatic;
  grant.token = Secret("some-token");
  grant.scopes = {"event:read"};
  EXPECT_EQ(run("PUT", "organizations/acme/issues/"), kDone);
  EXPECT_EQ(streams_.err.str().find("not known"), std::string::npos) << streams_.err.str();
  EXPECT_THAT(streams_.out.str(), AllOf(HasSubstr("refused, 403 missing_scope"),
                                        HasSubstr("the token lacks event:write")));
}

TEST_F(ExplainTest, AnEventByADsnIsToldWhatTheSettingMakesOfIt) {
  EXPECT_EQ(run("POST", "/api/42/envelope/"), kDone);
  EXPECT_THAT(streams_.out.str(),
              AllOf(HasSubstr("by a DSN"), HasSubstr("refused, 404 not_an_api_path"),
                    HasSubstr("sentry.ingest: pass")));
  options_.relay.ingest = relay::Ingest::kPass;
  EXPECT_EQ(run("POST", "https://sentry.io/api/42/envelope/"), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("passed on as it comes"));
}

TEST_F(ExplainTest, TheListenersGrantIsTheOnlyOneThere) {
  options_.grants.push_back(options_.grants[0]);
  options_.grants[1].grant.name = options_.grants[1].grant.organization = "globex";
  listen("127.0.0.1:1", "", "globex");
  listen("127.0.0.1:2", "any");
  EXPECT_EQ(run("GET", "/api/0/projects/"), kFailed) << "two grants could be meant";
  EXPECT_THAT(streams_.err.str(), HasSubstr("such a request is answered 409 ambiguous_grant"));
  arguments_.listener = "127.0.0.1:1";
  EXPECT_EQ(run("GET", "/api/0/projects/"), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("/api/0/organizations/globex/projects/"));
  EXPECT_EQ(run("GET", "/api/0/projects/", "acme"), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("403 grant_not_allowed_here"));
}

TEST_F(ExplainTest, AUserIsKnownAtAUnixSocketOnly) {
  listen("unix:/a", "agent", "", {7});
  listen("127.0.0.1:2", "tcp");
  options_.relay.policy.rules = {{"mine", policy::Effect::kDeny, {}, "", "", "agent", {7}, {}, ""}};
  arguments_.uid = 7;
  EXPECT_EQ(run("GET", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("name the listener too"));
  arguments_.listener = "tcp";
  EXPECT_EQ(run("GET", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("callers at 127.0.0.1:2 have no uid"));
  arguments_.listener = "agent";
  EXPECT_EQ(run("GET", "/api/0/"), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("denied by mine"));
  arguments_.uid = 8;
  EXPECT_EQ(run("GET", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("may not use this socket"));
}

TEST_F(ExplainTest, ANameIsKnownWhereACertificateIsAskedForOnly) {
  listen("127.0.0.1:1", "tcp");
  listen("127.0.0.1:2", "gate");
  options_.listen[1].tls = {"c", "k", "ca", {"*.jobs.svc", "*.shop.svc"}};
  policy::RuleOptions& rule = options_.relay.policy.rules.emplace_back();
  rule.name = "jobs";
  rule.names = {"*.jobs.svc"};
  arguments_.name = "a.jobs.svc";
  EXPECT_EQ(run("GET", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("name the listener too"));
  arguments_.listener = "tcp";
  EXPECT_EQ(run("GET", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("callers at 127.0.0.1:1 have no name"));
  arguments_.listener = "gate";
  EXPECT_EQ(run("GET", "/api/0/"), kDone);
  EXPECT_THAT(streams_.out.str(),
              AllOf(HasSubstr("denied by jobs"), HasSubstr("gate/a.jobs.svc\n")));
  arguments_.name = "web.shop.svc";
  EXPECT_EQ(run("GET", "/api/0/organizations/acme/issues/"), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("allowed by policy.default"));
}

TEST_F(ExplainTest, ANameThatMayNotComeInIsToldWhatTheCallWouldBe) {
  listen("127.0.0.1:2", "gate");
  options_.listen[0].tls = {"c", "k", "ca", {"*.shop.svc"}};
  for (const auto& [name, told] :
       {std::pair("web.other.svc", "that of web.other.svc, who may not use this address"),
        std::pair("*.shop.svc", "no certificate can be known by this name"),
        std::pair("web shop", "no certificate can be known by this name")}) {
    arguments_.name = name;
    EXPECT_EQ(run("GET", "/api/0/"), kUsage);
    EXPECT_THAT(streams_.err.str(), HasSubstr(told)) << name;
  }
}

TEST_F(ExplainTest, WithoutANameNobodyComesInWhereACertificateIsAskedFor) {
  listen("127.0.0.1:1", "tcp");
  listen("127.0.0.1:2", "gate");
  options_.listen[1].tls = {"c", "k", "ca", {}};
  arguments_.listener = "gate";
  EXPECT_EQ(run("GET", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(),
              HasSubstr("a caller without a certificate is turned away in the handshake at "
                        "127.0.0.1:2 (tls.client_ca_file); ask with --name"));
  arguments_.listener = "";
  EXPECT_EQ(run("GET", "/api/0/organizations/acme/issues/"), kDone)
      << "the other one asks for none";
  options_.listen.erase(options_.listen.begin());
  EXPECT_EQ(run("GET", "/api/0/organizations/acme/issues/"), kUsage) << "it is the only one";
}

TEST_F(ExplainTest, WhatToDoFollowsASentenceAsOneOrAClauseAsOne) {
  listen("127.0.0.1:2", "gate");
  options_.listen[0].tls = {"c", "k", "ca", {"*.shop.svc"}};
  arguments_.name = "web.other.svc";
  EXPECT_EQ(run("GET", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("who may not use this address. Add the name to"));
}

TEST_F(ExplainTest, WrongUsageIsTwo) {
  EXPECT_EQ(run("FETCH", "/api/0/"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("there is no method FETCH; there are GET"));
  EXPECT_EQ(run("GET", "/oauth/token/"), kUsage);
  EXPECT_EQ(run("GET", "/api/0/", "nobody"), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("there is no grant nobody; there are: acme"));
  EXPECT_EQ(streams_.out.str(), "");
}

TEST_F(ExplainTest, PeopleAreToldWhatHappensAndWhy) {
  const std::string said = describe(waiting());
  for (const std::string_view part :
       {"listX (published: deprecated)", "any of: a:read a:write", "acme, fresh",
        "waits about 1500ms, 3 before it: the window's calls are used",
        "40 in 1 s, 0 left as of the last answer", "2 of 22", "2 window\n"})
    EXPECT_THAT(said, HasSubstr(part));
  EXPECT_THAT(said, Not(HasSubstr("search")));
}

TEST_F(ExplainTest, ARefusalIsToldWithItsCodeAndWhenThereIsRoom) {
  relay::Explanation explanation = waiting();
  explanation.now.outcome = "refused";
  explanation.now.reason = "rate_limited";
  explanation.now.refusal =
      relay::RefusalView{"rate_limited", 429, std::string(500, 'x') + "!", "do"};
  explanation.now.retry_after = std::chrono::milliseconds(12300);
  EXPECT_THAT(describe(explanation),
              AllOf(HasSubstr("refused, 429 rate_limited; room in about 13s"), HasSubstr("x!\n"),
                    HasSubstr("do\n")));
  explanation.now.outcome = "goes";
  explanation.now.limited = false;
  explanation.now.bucket.reset();
  EXPECT_THAT(describe(explanation), AllOf(HasSubstr("limits are off"), Not(HasSubstr("queued"))));
}

TEST_F(ExplainTest, WhetherTheTokenHasAScopeForItIsSaid) {
  relay::Explanation explanation = waiting();
  explanation.endpoint.least_scope = "a:read";
  explanation.now.permission = "passes";
  EXPECT_THAT(describe(explanation), HasSubstr("the token has such a scope\n"));
  explanation.now.permission = "not_known";
  EXPECT_THAT(describe(explanation), HasSubstr("nobody has told"));
  explanation.now.permission = "lacks";
  explanation.now.remedy = "run: this";
  EXPECT_THAT(describe(explanation), HasSubstr("the token lacks a:read; run: this\n"));
  explanation.now.permission = "no_token";
  EXPECT_THAT(describe(explanation), Not(HasSubstr("permission")));
}

TEST_F(ExplainTest, WhatTheCacheHasForItIsSaid) {
  relay::Explanation explanation = waiting();
  EXPECT_THAT(describe(explanation), Not(HasSubstr("cache")));
  explanation.now.cache = relay::CacheView{"list", std::chrono::minutes(1), {}};
  EXPECT_THAT(describe(explanation), HasSubstr("such answers (list) are kept for 1m\n"));
  explanation.now.cache->age = std::chrono::seconds(7);
  EXPECT_THAT(describe(explanation), HasSubstr("one is kept, 7s old"));
  explanation.now.cache = relay::CacheView{"state", Duration::zero(), {}};
  EXPECT_THAT(describe(explanation), HasSubstr("equal requests share one call"));
  explanation.now.cache = relay::CacheView{"none", Duration::zero(), {}};
  EXPECT_THAT(describe(explanation), HasSubstr("makes its own call"));
}

TEST_F(ExplainTest, WhatAnInstanceSaysIsMadeFitForATerminal) {
  relay::Explanation explanation = waiting();
  explanation.endpoint.operation = "list\x1b[2J";
  EXPECT_EQ(describe(explanation).find('\x1b'), std::string::npos);
}

TEST(ProblemWords, AreWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(problem_words(R"({"detail": "no", "action": "do"})"), ": no; do");
  EXPECT_EQ(problem_words(R"({"detail": "No.", "action": "Do."})"), ": No. Do.");
  EXPECT_EQ(problem_words(R"({"detail": "no"})"), ": no");
  EXPECT_EQ(problem_words("<html>"), "");
}

}  // namespace
}  // namespace postern::cli
