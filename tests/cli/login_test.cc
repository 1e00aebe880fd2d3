#include "cli/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cli/streams.h"
#include "grants/file_store.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

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

  int import(std::string_view answer) {
    arguments_.import_from = folder_.write("answer.json", answer);
    return login(options_, arguments_, SentryCalls{}, clock_, streams_.context);
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
};

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
}

}  // namespace
}  // namespace postern::cli
