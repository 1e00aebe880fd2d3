#include "cli/logout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/streams.h"
#include "grants/file_store.h"
#include "grants/keeping.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LogoutTest : public ::testing::Test {
 protected:
  LogoutTest() {
    options_.store.path = folder_ / "store";
    options_.grants.resize(1);
    grant().name = grant().organization = "acme";
    grant().sentry_url = "https://sentry.test";
  }
  grants::GrantOptions& grant() { return options_.grants[0].grant; }
  void store_token() {
    auto store = grants::FileStore::open(options_.store.path);
    ASSERT_TRUE(store);
    grants::TokenAnswer answer;
    answer.access_token = Secret("canary");
    ASSERT_TRUE(
        grants::keep(**store, grant(), answer, false, grants::KeepingTools{clock_, nullptr}));
  }
  int log_out() { return logout(options_, {}, clock_, streams_.context); }
  std::string file() const { return options_.store.path + "/acme.json"; }

  SystemClock clock_;
  test::TemporaryFolder folder_;
  config::Options options_;
  Streams streams_;
};

TEST_F(LogoutTest, WipesTheTokenAndSaysWhatRemainsAtSentry) {
  store_token();
  ASSERT_TRUE(std::filesystem::exists(file()));
  EXPECT_EQ(log_out(), kDone);
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_THAT(streams_.out.str(), HasSubstr("has been wiped from " + file()));
  EXPECT_THAT(streams_.out.str(), HasSubstr("Authorized Applications"));
  EXPECT_THAT(streams_.out.str(), Not(HasSubstr("canary")));
}

TEST_F(LogoutTest, WhereNothingIsStoredThereIsNothingToDo) {
  EXPECT_EQ(log_out(), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("there is no token of grant acme"));
}

TEST_F(LogoutTest, AnIntegrationStaysInstalled) {
  store_token();
  grant().kind = grants::Kind::kIntegration;
  EXPECT_EQ(log_out(), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("uninstall it at https://sentry.test"));
}

TEST_F(LogoutTest, AStaticTokenIsNotOursToWipe) {
  grant().kind = grants::Kind::kStatic;
  grant().token_file = "/run/token";
  EXPECT_EQ(log_out(), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("/run/token"));
  EXPECT_FALSE(std::filesystem::exists(options_.store.path));
}

TEST_F(LogoutTest, AStoreThatOthersCanReadIsLeftAlone) {
  store_token();
  std::filesystem::permissions(options_.store.path, std::filesystem::perms(0755));
  EXPECT_EQ(log_out(), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("chmod 700"));
  EXPECT_TRUE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace postern::cli
