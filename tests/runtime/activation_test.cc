#include "runtime/activation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace postern::runtime {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class SettingsFor : public testing::Test {
 protected:
  SettingsFor() : listen_(options_.listen) {
    listen_.resize(2);
    listen_[0].address = "127.0.0.1:7979";
    listen_[1].address = "[::1]:7979";
  }

  wire::ListenOptions settings(const std::string& name, const std::string& address) {
    auto found = settings_for(name, address, options_);
    if (found) return *found;
    ADD_FAILURE() << found.error().what;
    return {};
  }
  std::string fault(const std::string& name, const std::string& address) {
    const auto found = settings_for(name, address, options_);
    return found ? "" : found.error().what;
  }

  config::Options options_;
  std::vector<wire::ListenOptions>& listen_;
};

TEST_F(SettingsFor, WhereAllEntriesAreAlikeAnySocketWillDo) {
  const wire::ListenOptions found = settings("http", "unix:/run/postern/http.sock");
  EXPECT_EQ(found.address, "unix:/run/postern/http.sock");
  EXPECT_EQ(found.name, "http");
  EXPECT_EQ(settings("unknown", "127.0.0.1:1").name, "");
}

TEST_F(SettingsFor, TheNameGoesBeforeTheAddress) {
  listen_[0].grant = "acme";
  listen_[1].name = "agents";
  listen_[1].grant = "globex";
  EXPECT_EQ(settings("agents", "127.0.0.1:7979").grant, "globex");
  EXPECT_EQ(settings("http", "127.0.0.1:7979").grant, "acme");
}

TEST_F(SettingsFor, ACeilingIsNotLostByGuessing) {
  listen_[0].grant = "acme";
  EXPECT_THAT(fault("http", "127.0.0.1:1"), HasSubstr("fits no entry of listen"));
}

TEST_F(SettingsFor, NorIsARuleForOneOfThem) {
  policy::RuleOptions rule;
  rule.listener = "127.0.0.1:7979";
  options_.relay.policy.rules = {rule};
  EXPECT_THAT(fault("http", "127.0.0.1:1"), HasSubstr("fits no entry of listen"));
  EXPECT_EQ(settings("unknown", "127.0.0.1:7979").address, "127.0.0.1:7979");
}

TEST_F(SettingsFor, OtherMachinesAreLetInOnlyWhereAnEntrySaysSo) {
  EXPECT_THAT(fault("http", "0.0.0.0:7979"), HasSubstr("allow_remote"));
  EXPECT_THAT(fault("http", "[::]:7979"), HasSubstr("allow_remote"));
  listen_[1].name = "lan";
  listen_[1].allow_remote = true;
  EXPECT_THAT(fault("http", "0.0.0.0:7979"), HasSubstr("fits no entry"));
  EXPECT_TRUE(settings("lan", "0.0.0.0:7979").allow_remote);
}

TEST_F(SettingsFor, UsersAreToldApartAtUnixSocketsOnly) {
  listen_ = {listen_[0]};
  listen_[0].address = "unix:/run/a.sock";
  listen_[0].uids = {7};
  EXPECT_THAT(fault("http", "127.0.0.1:1"), HasSubstr("uids"));
  EXPECT_EQ(settings("http", "unix:/run/b.sock").uids, std::vector<uint32_t>{7});
}

TEST_F(SettingsFor, TlsIsForTcp) {
  listen_ = {listen_[0]};
  listen_[0].tls.certificate_file = "c";
  EXPECT_THAT(fault("http", "unix:/run/a.sock"), HasSubstr("has tls"));
  EXPECT_TRUE(settings("http", "127.0.0.1:1").tls.is_on());
}

TEST_F(SettingsFor, WhatIsNeitherTcpNorAPathIsRefused) {
  EXPECT_THAT(fault("http", "unix:"), HasSubstr("no kind"));
}

// ------------------------------------------------------------------------------- the environment

TEST(TakeGivenSockets, AnotherProcessSAreLeftAlone) {
  ::setenv("LISTEN_PID", "1", 1);
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_FDNAMES", "http", 1);
  EXPECT_THAT(take_given_sockets(), IsEmpty());
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    EXPECT_EQ(std::getenv(name), nullptr) << name;
}

TEST(TakeGivenSockets, WithoutAnyThereAreNone) {
  EXPECT_THAT(take_given_sockets(), IsEmpty());
}

}  // namespace
}  // namespace postern::runtime
