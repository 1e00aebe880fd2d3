#include "cli/scopes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/streams.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ScopesTest : public ::testing::Test {
 protected:
  ScopesTest() {
    arguments_.command = Command::kScopes;
    configure("grants: [{organization: acme}]");
  }

  void configure(std::string_view text) { arguments_.config = folder_.write("postern.yaml", text); }
  int run() {
    streams_.out.str("");
    streams_.err.str("");
    return scopes(arguments_, streams_.context);
  }
  int run_for(std::string_view text) {
    arguments_.scopes_for = folder_.write("calls", text);
    return run();
  }
  std::string out() const { return streams_.out.str(); }
  std::string err() const { return streams_.err.str(); }

  test::TemporaryFolder folder_;
  Arguments arguments_;
  Streams streams_;
};

TEST_F(ScopesTest, TheTableSaysWhatContainsWhatAndWhatItOpens) {
  EXPECT_EQ(run(), kDone);
  EXPECT_THAT(out(), HasSubstr("project:read project:write\n"));
  EXPECT_THAT(out(), ContainsRegex("event:read +[0-9]+ +[0-9]+\n"));
  EXPECT_THAT(out(), ContainsRegex("org:ci .*no OAuth application"));
}

TEST_F(ScopesTest, AScopeListsItsOperations) {
  arguments_.scope = "event:write";
  EXPECT_EQ(run(), kDone);
  EXPECT_THAT(out(), HasSubstr("PUT    /api/0/organizations/{organization_id_or_slug}/issues/\n"));
  EXPECT_THAT(out(), HasSubstr("(not published)"));
  arguments_.scope = "event:wrtie";
  EXPECT_EQ(run(), kUsage);
  EXPECT_THAT(err(), HasSubstr("event:write?"));
}

TEST_F(ScopesTest, AsJsonToo) {
  arguments_.json = true;
  EXPECT_EQ(run(), kDone);
  EXPECT_THAT(out(), AllOf(HasSubstr("\"scope\": \"project:releases\""), HasSubstr("\"reads\": ")));
}

TEST_F(ScopesTest, WhatIsPrintedForCallsCanBePasted) {
  EXPECT_EQ(run_for("GET /api/0/organizations/acme/issues/\n"
                    "PUT /api/0/organizations/acme/issues/\n"
                    "GET /api/0/organizations/acme/new-thing/\n"
                    "GET /favicon.ico\n"),
            kDone);
  EXPECT_THAT(out(), HasSubstr("\nscopes: [org:read, event:write]\n"));
  EXPECT_THAT(out(), HasSubstr("1  PUT /api/0/organizations/{organization_id_or_slug}/issues/\n"));
  EXPECT_THAT(out(), HasSubstr("new-thing/: not in the endpoint table\n"));
  EXPECT_THAT(out(), HasSubstr("refused by Postern: 1\n"));
  EXPECT_THAT(out(), HasSubstr("not needed by these calls: project:read team:read member:read\n"));
  EXPECT_THAT("\n" + out(), Not(ContainsRegex("\n[^#s\n]"))) << "comments and one key";
  configure("grants: [{organization: acme, scopes: [org:read, event:write]}]");
  EXPECT_EQ(run(), kDone);
  EXPECT_THAT(out(), Not(HasSubstr("configured")));
}

TEST_F(ScopesTest, AGrantThatNobodyLogsInNeedsNoMoreThanItsCalls) {
  configure("grants: [{organization: acme, kind: static, token: t}]");
  EXPECT_EQ(run_for("POST /api/0/organizations/acme/releases/\n"), kDone);
  EXPECT_THAT(out(), HasSubstr("\nscopes: [project:releases]\n"));
  EXPECT_EQ(run_for("GET /api/0/\n"), kDone);
  EXPECT_THAT(out(), HasSubstr("# none is needed\n"));
}

TEST_F(ScopesTest, WhereLinesNameGrantsEachHasItsList) {
  const std::string stamp = "2026-11-29T18:00:42.123Z info request ";
  const std::string log =
      stamp + "method=GET path=/api/0/organizations/acme/issues/ status=200 grant=acme\n" + stamp +
      "method=GET path=/api/0/organizations/beta/releases/ status=200 grant=beta\n" + stamp +
      "method=GET path=/api/0/organizations/beta/members/ status=409\n";
  EXPECT_EQ(run_for(log), kDone);
  EXPECT_THAT(out(), AllOf(HasSubstr("the grant acme\nscopes: [org:read, event:read]\n"),
                           HasSubstr("---\n"),
                           HasSubstr("the grant beta\nscopes: [org:read, project:read]\n"),
                           Not(HasSubstr("member:read\n#"))));
  arguments_.grant = "beta";
  EXPECT_EQ(run(), kDone);
  EXPECT_THAT(out(), Not(HasSubstr("acme")));
  arguments_.grant = "gamma";
  EXPECT_EQ(run(), kFailed);
  EXPECT_THAT(err(), HasSubstr("no call to Sentry's API with the grant gamma"));
}

TEST_F(ScopesTest, BadLinesAreNamedAndTheRestCounts) {
  EXPECT_EQ(run_for("GET /api/0/organizations/acme/issues/\nnonsense \x1b[31m\n"), kFailed);
  EXPECT_THAT(err(), StartsWith(arguments_.scopes_for + ":2: neither METHOD PATH"));
  EXPECT_THAT(err(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(out(), HasSubstr("scopes: [org:read, event:read]\n"));
  std::string many;
  for (int i = 0; i < 25; ++i) many += "nonsense\n";
  EXPECT_EQ(run_for(many), kFailed);
  EXPECT_THAT(err(), AllOf(HasSubstr(":20: "), Not(HasSubstr(":21: ")), HasSubstr("and 5 more")));
}

TEST_F(ScopesTest, WithoutCallsThereIsNoAnswer) {
  EXPECT_EQ(run_for("# nothing\n"), kFailed);
  EXPECT_THAT(err(), HasSubstr("holds no call to Sentry's API"));
  EXPECT_EQ(out(), "");
  arguments_.scopes_for = folder_.path() + "/missing";
  EXPECT_EQ(run(), kFailed);
  EXPECT_THAT(err(), HasSubstr("No such file"));
}

TEST_F(ScopesTest, AFaultyConfigurationIsSaid) {
  configure("grnats: []");
  EXPECT_EQ(run(), kUsage);
  EXPECT_THAT(err(), HasSubstr("grants"));
}

}  // namespace
}  // namespace postern::cli
