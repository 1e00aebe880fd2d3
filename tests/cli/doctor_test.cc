#include "cli/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "cli/streams.h"
#include "grants/file_store.h"
#include "runtime/store.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class DoctorTest : public ::testing::Test {
 protected:
  DoctorTest() {
    options_.store.path = folder_ / "store";
    config::GrantSetup setup;
    setup.grant.name = setup.grant.organization = "acme";
    options_.grants.push_back(setup);
    result_.ok = true;
    result_.stage = "done";
    result_.status = 200;
  }

  void store_token(std::optional<WallTime> expires_at = {}) {
    grants::StoredGrant stored;
    stored.generation = 1;
    stored.sentry = "https://sentry.io";
    stored.access_token = Secret("canary");
    stored.expires_at = expires_at;
    auto store = grants::FileStore::open(options_.store.path);
    ASSERT_TRUE(store);
    auto lock = (*store)->try_lock("acme");
    ASSERT_TRUE(lock && *lock);
    ASSERT_TRUE((*store)->save(**lock, stored));
  }

  int examine() {
    Probe probe = [this](const config::Options&, const grants::Grant& grant,
                         std::string_view path) {
      probed_ = std::string(path) + " " + std::string(grant.token()->authorization.reveal());
      return result_;
    };
    const LimitsProbe limits = [this](const config::Options&) { return limits_; };
    return doctor(options_, arguments_, {probe, limits}, SystemClock(), streams_.context);
  }

  void breaks_at(const char* stage, const char* detail) {
    result_ = {};
    result_.stage = stage;
    result_.detail = detail;
  }

  test::TemporaryFolder folder_;
  config::Options options_;
  Arguments arguments_;
  Streams streams_;
  runtime::ProbeResult result_;
  Result<std::string> limits_ = fail("nobody has asked");
  std::string probed_;
};

TEST_F(DoctorTest, TheRedisOfSharedLimitsIsLookedAt) {
  store_token();
  options_.limits_share = config::LimitsShare::kRedis;
  limits_ = "Redis 7.0.15 at redis://r:6379";
  EXPECT_EQ(examine(), kDone);
  EXPECT_THAT(streams_.out.str(), ContainsRegex("ok +redis +Redis 7.0.15 at redis://r:6379"));
}

TEST_F(DoctorTest, OneThatWouldNotDoIsABrokenLink) {
  store_token();
  options_.limits_share = config::LimitsShare::kRedis;
  limits_ = fail("redis://r:6379 takes no commands: the ACL does not allow this user to");
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), ContainsRegex("FAIL +redis +redis://r:6379 takes no commands"));
  EXPECT_THAT(streams_.out.str(), HasSubstr("an equal part of each limit"));
}

TEST_F(DoctorTest, AllWell) {
  store_token();
  EXPECT_EQ(examine(), kDone);
  EXPECT_EQ(probed_, "/api/0/organizations/acme/ Bearer canary");
  std::string text = streams_.out.str();
  for (const char* link : {"store", "token", "resolve", "connect", "tls", "organization"}) {
    EXPECT_THAT(text, ContainsRegex(std::string("ok +") + link));
  }
  EXPECT_THAT(text, AllOf(Not(HasSubstr("FAIL")), Not(HasSubstr("canary"))));
  EXPECT_THAT(text, Not(HasSubstr("proxy"))) << "there is none";
}

TEST_F(DoctorTest, NamesTheFirstBrokenLinkOfTheNetwork) {
  store_token();
  options_.grants[0].sentry.egress_proxy = "http://proxy:1";
  const char* stages[] = {"resolve", "connect", "proxy", "tls", "request", "response"};
  for (size_t i = 0; i < std::size(stages); ++i) {
    streams_.out.str("");
    breaks_at(stages[i], "the reason\x1b");
    EXPECT_EQ(examine(), kFailed);
    std::string text = streams_.out.str();
    EXPECT_THAT(text, ContainsRegex(std::string("FAIL +") + stages[i] + " +the reason\\?"));
    EXPECT_THAT(text, HasSubstr("what to do"));
    for (size_t k = 0; k < i; ++k) {
      EXPECT_THAT(text, ContainsRegex(std::string("ok +") + stages[k])) << stages[i];
    }
    for (size_t k = i + 1; k < std::size(stages); ++k) {
      EXPECT_THAT(text, Not(ContainsRegex(std::string("(ok|FAIL) +") + stages[k]))) << stages[i];
    }
  }
}

TEST_F(DoctorTest, TellsWhatTheStatusMeans) {
  store_token();
  struct Case {
    int status;
    const char* link;
    int code;
  };
  for (const Case& c :
       {Case{401, "FAIL +token", kFailed}, Case{403, "FAIL +organization", kFailed},
        Case{404, "FAIL +organization", kFailed}, Case{302, "FAIL +organization", kFailed},
        Case{500, "FAIL +organization", kFailed}, Case{429, "ok +organization", kDone}}) {
    streams_.out.str("");
    result_.status = c.status;
    EXPECT_EQ(examine(), c.code) << c.status;
    EXPECT_THAT(streams_.out.str(), ContainsRegex(c.link));
    EXPECT_THAT(streams_.out.str(), HasSubstr(std::to_string(c.status)));
  }
}

TEST_F(DoctorTest, AMissingTokenNamesTheLoginAndMakesNoFolder) {
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), HasSubstr("run: postern login --grant acme --import FILE"));
  EXPECT_FALSE(std::filesystem::exists(options_.store.path));
  EXPECT_EQ(probed_, "");
}

TEST_F(DoctorTest, TheCommandToRunNamesTheSameConfigurationAndTheLoginThereIs) {
  options_.grants[0].grant.config_file = "/etc/my.yaml";
  options_.grants[0].grant.client.id = "client-1";
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), HasSubstr("postern login --config /etc/my.yaml --grant acme\n"));
}

TEST_F(DoctorTest, AnExpiredTokenIsNotTried) {
  store_token(WallTime(1000000000s));
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), ContainsRegex("FAIL +token +expired 2001-"));
  EXPECT_EQ(probed_, "");
}

TEST_F(DoctorTest, ATokenOfAnotherSentryIsNotTried) {
  store_token();
  options_.grants[0].sentry.url = "https://elsewhere.example";
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), ContainsRegex("FAIL +token +was issued by https://sentry.io"));
  EXPECT_EQ(probed_, "");
}

TEST_F(DoctorTest, AnOpenStoreIsABrokenLink) {
  store_token();
  ::chmod((options_.store.path + "/acme.json").c_str(), 0644);
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), HasSubstr("chmod 600"));
}

TEST_F(DoctorTest, ASealedStoreIsOpenedWithItsKey) {
  options_.store.key = Secret(std::string(64, 'a'));
  auto store = runtime::open_store(options_);
  ASSERT_TRUE(store);
  auto lock = (*store)->try_lock("acme");
  ASSERT_TRUE(lock && *lock);
  grants::StoredGrant stored;
  stored.generation = 1;
  stored.sentry = "https://sentry.io";
  stored.access_token = Secret("canary");
  ASSERT_TRUE((*store)->save(**lock, stored));
  EXPECT_EQ(examine(), kDone) << streams_.out.str();
  EXPECT_EQ(probed_, "/api/0/organizations/acme/ Bearer canary");
  options_.store.key = Secret(std::string(64, 'b'));
  EXPECT_EQ(examine(), kFailed);
}

TEST_F(DoctorTest, AStaticTokenIsReadFromItsPlace) {
  grants::GrantOptions& grant = options_.grants[0].grant;
  grant.kind = grants::Kind::kStatic;
  grant.sentry_url = "https://sentry.io";
  grant.token_file = folder_.write("token", "canary\n");
  EXPECT_EQ(examine(), kDone) << streams_.out.str();
  EXPECT_EQ(probed_, "/api/0/organizations/acme/ Bearer canary");
  result_.status = 401;
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), HasSubstr("put a valid token into " + grant.token_file));
  EXPECT_THAT(streams_.out.str(), Not(HasSubstr("postern login")));
  EXPECT_FALSE(std::filesystem::exists(options_.store.path));
}

TEST_F(DoctorTest, AnIntegrationGetsItsFirstTokenFromServe) {
  options_.grants[0].grant.kind = grants::Kind::kIntegration;
  EXPECT_EQ(examine(), kFailed);
  EXPECT_THAT(streams_.out.str(), HasSubstr("start postern serve"));
  EXPECT_THAT(streams_.out.str(), Not(HasSubstr("postern login")));
}

TEST_F(DoctorTest, OneGrantCanBePicked) {
  arguments_.grant = "beta";
  EXPECT_EQ(examine(), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr("acme"));
}

}  // namespace
}  // namespace postern::cli
