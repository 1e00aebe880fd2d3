#include "grants/remedy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::grants {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

GrantOptions acme() {
  GrantOptions grant;
  grant.name = "acme";
  grant.client.id = "client-1";
  return grant;
}

TEST(Remedy, IsThatOfTheKind) {
  GrantOptions grant = acme();
  EXPECT_EQ(remedy(grant), "run: postern login --grant acme");
  grant.kind = Kind::kIntegration;
  EXPECT_THAT(remedy(grant), HasSubstr("installation and code of the grant acme"));
  grant.kind = Kind::kStatic;
  EXPECT_THAT(remedy(grant), HasSubstr("the setting token of the grant acme"));
  grant.token_file = "/run/secrets/token";
  EXPECT_THAT(remedy(grant), HasSubstr("into /run/secrets/token of the grant acme"));
}

TEST(Remedy, CommandsNameTheConfigurationThatWasGiven) {
  GrantOptions grant = acme();
  grant.config_file = "/etc/acme.yaml";
  EXPECT_EQ(login_command(grant), "postern login --config /etc/acme.yaml --grant acme");
  EXPECT_EQ(doctor_command(grant), "postern doctor --config /etc/acme.yaml --grant acme");
  EXPECT_EQ(serve_command(grant), "postern serve --config /etc/acme.yaml");
  EXPECT_THAT(remedy(grant), HasSubstr(login_command(grant)));
}

TEST(Remedy, AShellTakesTheNameOfTheFileForOneWord) {
  GrantOptions grant = acme();
  grant.config_file = "/home/o'hara/my $x.yaml";
  EXPECT_EQ(serve_command(grant), R"(postern serve --config '/home/o'\''hara/my $x.yaml')");
}

TEST(Remedy, WithoutAnApplicationATokenCanOnlyBeImported) {
  GrantOptions grant = acme();
  grant.client = {};
  EXPECT_EQ(login_command(grant), "postern login --grant acme --import FILE");
}

TEST(Remedy, WhatCannotBeReadIsReplacedOnlyWhenThatIsSaid) {
  GrantOptions grant = acme();
  EXPECT_THAT(repair(grant), HasSubstr("postern login --grant acme --replace"));
  grant.is_shared = true;
  EXPECT_THAT(repair(grant), HasSubstr("from all who share the store"));
  grant.kind = Kind::kIntegration;
  EXPECT_THAT(repair(grant), HasSubstr("postern logout --grant acme"));
  grant.kind = Kind::kStatic;
  EXPECT_THAT(repair(grant), Not(HasSubstr("postern log")));
}

}  // namespace
}  // namespace postern::grants
