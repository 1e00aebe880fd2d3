#include "cli/run.h"

#include <gtest/gtest.h>

namespace postern::cli {
namespace {

config::Options options_with(const std::vector<std::string>& organizations) {
  config::Options options;
  for (const std::string& organization : organizations) {
    config::GrantSetup setup;
    setup.grant.name = setup.grant.organization = organization;
    options.grants.push_back(setup);
  }
  return options;
}

TEST(ChooseAddress, TakesTheFirstThatCanBeReached) {
  EXPECT_EQ(choose_address({"127.0.0.1:1", "[::1]:1"}), "127.0.0.1:1");
  EXPECT_EQ(choose_address({"unix:/run/p.sock", "[::1]:1"}), "[::1]:1");
  EXPECT_EQ(choose_address({"127.0.0.1:0", "127.0.0.1:2"}), "127.0.0.1:2");
  EXPECT_EQ(choose_address({"0.0.0.0:1"}), "127.0.0.1:1");
  EXPECT_EQ(choose_address({"[::]:1"}), "[::1]:1");
  EXPECT_EQ(choose_address({"unix:/run/p.sock", "127.0.0.1:0"}), std::nullopt);
  EXPECT_EQ(choose_address({}), std::nullopt);
}

TEST(ClientEnvironment, PointsClientsToPostern) {
  auto environment = client_environment({{"PATH", "/bin"}}, options_with({"acme"}), "127.0.0.1:1");
  EXPECT_EQ(environment["SENTRY_URL"], "http://127.0.0.1:1/");
  EXPECT_EQ(environment["SENTRY_ORG"], "acme");
  EXPECT_EQ(environment["PATH"], "/bin");
  // The form that sentry-cli knows, and not one that carries a URL.
  EXPECT_EQ(environment["SENTRY_AUTH_TOKEN"].size(), 64U);
  EXPECT_EQ(environment["SENTRY_AUTH_TOKEN"].find_first_not_of("0123456789abcdef"),
            std::string::npos);
}

TEST(ClientEnvironment, NamesNoOrganizationWhenThereAreSeveral) {
  auto environment = client_environment({{"SENTRY_ORG", "mine"}}, options_with({"a", "b"}), "x:1");
  EXPECT_EQ(environment["SENTRY_ORG"], "mine");
}

TEST(ClientEnvironment, TakesOutWhatLeadsElsewhereAndSecrets) {
  auto environment = client_environment({{"SENTRY_HOST", "sentry.io"},
                                         {"SENTRY_AUTH_TOKEN", "real"},
                                         {"SENTRY_TOKEN", "real"},
                                         {"SENTRY_API_KEY", "real"},
                                         {"POSTERN_CLIENT_SECRET", "real"}},
                                        options_with({"acme"}), "127.0.0.1:1");
  for (const auto& [name, value] : environment) EXPECT_NE(value, "real") << name;
  EXPECT_EQ(environment.count("SENTRY_HOST"), 0U);
}

TEST(ClientEnvironment, TakesOutEverySecretOfOursByWhateverNameItCame) {
  auto options = options_with({"acme"});
  options.grants[0].grant.token = Secret("real");
  auto environment = client_environment({{"POSTERN_STORE_KEY", "real, but not in force"},
                                         {"POSTERN_STORE_OLD_KEY", "likewise"},
                                         {"A_NAME_IN_THE_FILE", "real"},
                                         {"POSTERN_CONFIG", "a.yaml"},
                                         {"EMPTY", ""}},
                                        options, "127.0.0.1:1");
  EXPECT_EQ(environment.count("POSTERN_STORE_KEY"), 0U);
  EXPECT_EQ(environment.count("POSTERN_STORE_OLD_KEY"), 0U);
  EXPECT_EQ(environment.count("A_NAME_IN_THE_FILE"), 0U);
  EXPECT_EQ(environment["POSTERN_CONFIG"], "a.yaml");
  EXPECT_EQ(environment.count("EMPTY"), 1U);
}

TEST(ClientEnvironment, KeepsProxiesOutOfTheWay) {
  auto environment =
      client_environment({{"no_proxy", "example.com"}}, options_with({"acme"}), "[::1]:1");
  EXPECT_EQ(environment["no_proxy"], "example.com,::1");
  EXPECT_EQ(environment["NO_PROXY"], "::1");
}

}  // namespace
}  // namespace postern::cli
