#include "cli/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/streams.h"
#include "grants/file_store.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAnswer = R"({"access_token": "canary-1", "refresh_token": "canary-2",
  "expires_at": "2099-01-01T00:00:00Z", "token_type": "Bearer", "scope": "org:read",
  "user": {"id": "7", "name": "Jane\u001b[2J", "email": "jane@example.com"}})";

class LoginTest : public ::testing::Test {
 protected:
  LoginTest() {
    options_.store.path = folder_ / "store";
    add_grant("acme");
  }

  void add_grant(const std::string& name) {
    config::GrantSetup setup;
    setup.grant.name = setup.grant.organization = name;
    setup.grant.sentry_url = setup.sentry.url;
    options_.grants.push_back(setup);
  }

  // Sentry answers GETs in this order; the last answer stays.
  void sentry_answers(std::vector<std::pair<int, std::string>> answers) {
    sentry_ = std::move(answers);
  }

  int import(std::string_view answer) {
    arguments_.import_from = folder_.write("answer.json", answer);
    SentryCalls calls;
    calls.get = [this](const config::GrantSetup&, const Secret& token, std::string_view path) {
      asked_.push_back(std::string(path) + " " + std::string(token.reveal()));
      runtime::CallResult result;
      result.stage = "connect";
      result.detail = "refused\x1b";
      if (sentry_.empty()) return result;
      result.ok = true;
      result.answer.status = sentry_.front().first;
      result.answer.body = Secret(sentry_.front().second);
      if (sentry_.size() > 1) sentry_.erase(sentry_.begin());
      return result;
    };
    calls.sleep = [this](Duration) { ++naps_; };
    return login(options_, arguments_, calls, clock_, streams_.context);
  }

  grants::StoredGrant stored(const std::string& name = "acme") {
    auto store = grants::FileStore::open(options_.store.path);
    if (!store) return {};
    auto loaded = (*store)->load(name);
    return loaded && *loaded ? **loaded : grants::StoredGrant{};
  }

  test::TemporaryFolder folder_;
  config::Options options_;
  Arguments arguments_;
  SystemClock clock_;
  Streams streams_;
  std::vector<std::pair<int, std::string>> sentry_;  // none: it cannot be reached
  std::vector<std::string> asked_;                   // paths and tokens
  int naps_ = 0;
};

TEST_F(LoginTest, WhatCouldNotBeKeptIsNotAskedFor) {
  ASSERT_EQ(import(kAnswer), kDone);
  std::ofstream(options_.store.path + "/acme.json") << "{\"version\": 1, ";
  asked_.clear();
  EXPECT_EQ(import(kAnswer), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("if that is meant, add --replace"));
  EXPECT_TRUE(asked_.empty());
  arguments_.replace = true;
  EXPECT_EQ(import(kAnswer), kDone);
}

TEST_F(LoginTest, StoresTheAnswerAndPrintsNoToken) {
  EXPECT_EQ(import(kAnswer), kDone) << streams_.err.str();
  grants::StoredGrant grant = stored();
  EXPECT_EQ(grant.access_token.reveal(), "canary-1");
  EXPECT_EQ(grant.generation, 1U);
  EXPECT_EQ(grant.organization.slug, "acme");
  EXPECT_EQ(grant.sentry, "https://sentry.io");
  std::string printed = streams_.out.str() + streams_.err.str();
  EXPECT_THAT(printed, Not(HasSubstr("canary")));
  EXPECT_THAT(printed, Not(HasSubstr("\x1b")));
  EXPECT_THAT(printed, HasSubstr("2099-01-01"));
}

TEST_F(LoginTest, ASecondImportIsANewerGeneration) {
  import(kAnswer);
  EXPECT_EQ(import(kAnswer), kDone);
  EXPECT_EQ(stored().generation, 2U);
}

TEST_F(LoginTest, AnotherUserNeedsReplace) {
  import(kAnswer);
  const char* other = R"({"access_token": "other", "user": {"id": "8"}})";
  EXPECT_EQ(import(other), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("--replace"));
  EXPECT_EQ(stored().access_token.reveal(), "canary-1");
  arguments_.replace = true;
  EXPECT_EQ(import(other), kDone);
  EXPECT_EQ(stored().access_token.reveal(), "other");
  EXPECT_TRUE(stored().refresh_token.empty()) << "the refresh token of the other user";
  EXPECT_EQ(stored().generation, 2U);
}

TEST_F(LoginTest, AnotherSentryNeedsReplace) {
  import(kAnswer);
  options_.grants[0].grant.sentry_url = "https://elsewhere.example";
  EXPECT_EQ(import(kAnswer), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("https://elsewhere.example"));
}

TEST_F(LoginTest, AnUnreadableStoredGrantNeedsReplaceAndGetsANewerGeneration) {
  import(kAnswer);
  std::ofstream(options_.store.path + "/acme.json") << "{";
  EXPECT_EQ(import(kAnswer), kFailed);
  arguments_.replace = true;
  EXPECT_EQ(import(kAnswer), kDone);
  EXPECT_GT(stored().generation, 1000000U);
}

TEST_F(LoginTest, NonsenseFailsWithoutATrace) {
  EXPECT_EQ(import("canary"), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("answer.json"));
  EXPECT_THAT(streams_.err.str(), HasSubstr(R"(the least is {"access_token": )"));
  EXPECT_THAT(streams_.err.str(), Not(HasSubstr("canary")));
  EXPECT_EQ(stored().generation, 0U);
}

TEST_F(LoginTest, OfSeveralGrantsOneMustBeNamed) {
  add_grant("beta");
  EXPECT_EQ(import(kAnswer), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("acme, beta"));
  arguments_.grant = "gamma";
  EXPECT_EQ(import(kAnswer), kUsage);
  arguments_.grant = "beta";
  EXPECT_EQ(import(kAnswer), kDone);
  EXPECT_EQ(stored("beta").generation, 1U);
  EXPECT_EQ(stored("acme").generation, 0U);
}

TEST_F(LoginTest, AStoreThatOthersCanReadIsRefused) {
  import(kAnswer);
  ::chmod(options_.store.path.c_str(), 0755);
  EXPECT_EQ(import(kAnswer), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("chmod 700"));
}

TEST_F(LoginTest, AnExpiredTokenIsStoredWithAWarning) {
  EXPECT_EQ(import(R"({"access_token": "a", "expires_at": "2001-01-01T00:00:00Z"})"), kDone);
  EXPECT_THAT(streams_.err.str(), HasSubstr("expired"));
  EXPECT_TRUE(asked_.empty()) << "Sentry would refuse it whatever it reaches";
}

TEST_F(LoginTest, AnImportIsVerifiedWithTheImportedToken) {
  sentry_answers({{200, R"({"slug": "acme", "id": "17"})"}});
  EXPECT_EQ(import(kAnswer), kDone) << streams_.err.str();
  EXPECT_THAT(asked_, ElementsAre("/api/0/organizations/acme/?detailed=0 canary-1"));
  EXPECT_EQ(stored().organization.id, "17");
  EXPECT_EQ(streams_.err.str(), "");
  EXPECT_THAT(streams_.out.str(), HasSubstr("organization: acme (id 17)"));
}

TEST_F(LoginTest, WithoutAWayToSentryAnImportIsStoredUnverifiedAndSaysSo) {
  EXPECT_EQ(import(kAnswer), kDone);
  EXPECT_EQ(stored().access_token.reveal(), "canary-1");
  EXPECT_EQ(stored().organization.id, "");
  EXPECT_EQ(asked_.size(), 1U) << "nothing is lost by giving up at once";
  EXPECT_THAT(streams_.err.str(), HasSubstr("connect: refused?"));
  EXPECT_THAT(streams_.err.str(), HasSubstr("postern doctor --grant acme"));
}

TEST_F(LoginTest, ASentryThatDoesNotSayIsLikeOneThatCannotBeReached) {
  for (int status : {200, 302, 429, 500, 503}) {
    sentry_answers({{status, "<html>canary</html>"}});
    EXPECT_EQ(import(kAnswer), kDone) << status;
    EXPECT_THAT(streams_.err.str(), HasSubstr("postern doctor")) << status;
    EXPECT_THAT(streams_.err.str(), Not(HasSubstr("canary")));
    streams_.err.str("");
  }
  EXPECT_GT(naps_, 0) << "a busy Sentry is asked again";
}

TEST_F(LoginTest, AnImportThatDoesNotReachTheOrganizationIsRefused) {
  sentry_answers({{404, "{}"}, {200, R"([{"slug": "globex", "id": "18"}])"}});
  EXPECT_EQ(import(kAnswer), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("it reaches: globex"));
  EXPECT_THAT(streams_.err.str(), HasSubstr("--no-verify"));
  EXPECT_EQ(stored().generation, 0U);
}

TEST_F(LoginTest, AnImportThatIsBoundElsewhereIsRefusedWithWhatItReaches) {
  sentry_answers({{401, R"({"detail": "Unauthorized organization access"})"}});
  for (int i = 0; i < 5; ++i) sentry_.push_back(sentry_.front());
  sentry_.emplace_back(200, R"([{"slug": "globex", "id": "18"}])");
  EXPECT_EQ(import(kAnswer), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("it reaches: globex"));
  EXPECT_EQ(asked_.size(), 7U);
  EXPECT_EQ(stored().generation, 0U);
}

TEST_F(LoginTest, AnImportThatSentryDoesNotAcceptIsRefused) {
  sentry_answers({{401, R"({"detail": "Invalid token"})"}});
  EXPECT_EQ(import(kAnswer), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("401"));
  EXPECT_GT(naps_, 0) << "it may be too new to be known everywhere";
  EXPECT_EQ(stored().generation, 0U);
}

TEST_F(LoginTest, AnImportBoundToAnotherOrganizationIsRefused) {
  sentry_answers({{200, R"({"slug": "acme", "id": "17"})"}});
  EXPECT_EQ(import(R"({"access_token": "a", "organization_id": "18"})"), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("bound"));
  EXPECT_EQ(stored().generation, 0U);
}

TEST_F(LoginTest, ARefusedImportLeavesWhatWasStored) {
  import(kAnswer);
  sentry_answers({{404, ""}, {200, "[]"}});
  EXPECT_EQ(import(R"({"access_token": "other"})"), kFailed);
  EXPECT_EQ(stored().access_token.reveal(), "canary-1");
}

TEST_F(LoginTest, VerifyingCanBeSkipped) {
  arguments_.no_verify = true;
  sentry_answers({{404, ""}});
  EXPECT_EQ(import(kAnswer), kDone);
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(streams_.err.str(), "");
}

}  // namespace
}  // namespace postern::cli
