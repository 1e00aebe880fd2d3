#include "kubernetes/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/temporary_folder.h"

namespace postern::kubernetes {
namespace {

using ::testing::HasSubstr;

struct ClusterTest : ::testing::Test {
  Result<Options> filled(Options options = {}) {
    return in_cluster(
        std::move(options),
        [this](const char* name) {
          const auto found = environment.find(name);
          return found == environment.end() ? nullptr : found->second.c_str();
        },
        folder.path());
  }

  test::TemporaryFolder folder;
  std::map<std::string, std::string> environment{{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                                 {"KUBERNETES_SERVICE_PORT", "443"}};
};

TEST_F(ClusterTest, IsTheOneOfThePod) {
  folder.write("namespace", "shop\n");
  const auto options = filled();
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(options->server, "https://10.96.0.1:443");
  EXPECT_EQ(options->namespace_name, "shop");
  EXPECT_EQ(options->token_file, std::string(folder.path()) + "/token");
  EXPECT_EQ(options->ca_file, std::string(folder.path()) + "/ca.crt");
  environment["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  EXPECT_EQ(filled()->server, "https://[fd00::1]:443");
}

TEST_F(ClusterTest, SettingsComeFirst) {
  Options options;
  options.server = "https://k:6443";
  options.token_file = "/t";
  options.ca_file = "/c";
  options.namespace_name = "n";
  environment.clear();
  const auto made = filled(options);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->server, "https://k:6443");
  EXPECT_EQ(made->namespace_name, "n");
  EXPECT_EQ(made->token_file + made->ca_file, "/t/c");
}

TEST_F(ClusterTest, SaysWhatIsMissingOutsideOfOne) {
  EXPECT_THAT(filled().error().what, HasSubstr("store.kubernetes.namespace"));
  environment.clear();
  EXPECT_THAT(filled().error().what, HasSubstr("store.kubernetes.server"));
}

}  // namespace
}  // namespace postern::kubernetes
