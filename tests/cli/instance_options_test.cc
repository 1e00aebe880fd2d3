#include "cli/instance_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/admin_commands.h"
#include "cli/explain.h"
#include "cli/status.h"
#include "cli/streams.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Nobody listens at any of the addresses.
class InstanceOptionsTest : public ::testing::Test {
 protected:
  InstanceOptionsTest() { streams_.context.environment = {{"STATE_DIRECTORY", folder_ / "state"}}; }

  void write(const std::string& text) {
    const std::string store = folder_ / "state";
    arguments_.config =
        folder_.write("postern.yaml", "store: {path: " + store + "}\n" +
                                          "admin: {listen: \"127.0.0.1:1\"}\n" + text);
  }

  test::TemporaryFolder folder_;
  Arguments arguments_;
  Streams streams_;
};

TEST_F(InstanceOptionsTest, ARightConfigurationIsTakenAsItIs) {
  write("grants: [{organization: acme}]\n");
  const auto options = instance_options(arguments_, streams_.context);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->grants.size(), 1U);
  EXPECT_EQ(streams_.err.str(), "");
}

TEST_F(InstanceOptionsTest, WhereNobodyAnswersTheFaultsOfTheFileAreTold) {
  write("limitz: 1\nlisen: 1\n");
  EXPECT_FALSE(instance_options(arguments_, streams_.context));
  EXPECT_THAT(streams_.err.str(), HasSubstr(":3:1: limitz: unknown key"));
  EXPECT_THAT(streams_.err.str(), HasSubstr("\n" + arguments_.config + ":4:1: lisen: "));
}

TEST_F(InstanceOptionsTest, WithAnAddressAFaultyFileIsAWarning) {
  write("limitz: 1\ngrants: [{organization: acme}]\n");
  arguments_.admin = "127.0.0.1:1";
  const auto options = instance_options(arguments_, streams_.context);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->admin.token_file, folder_ / "state/admin.token");
  EXPECT_THAT(streams_.err.str(), StartsWith("warning: " + arguments_.config + " has a fault ("));
  EXPECT_THAT(streams_.err.str(), HasSubstr("; asking the running instance all the same\n"));
}

// Which fault there is to tell depends on the machine's folders; here there is none.
TEST_F(InstanceOptionsTest, WithAnAddressNoFileIsNeeded) {
  arguments_.config = folder_ / "absent.yaml";
  EXPECT_FALSE(instance_options(arguments_, streams_.context));
  arguments_.admin = "127.0.0.1:1";
  EXPECT_TRUE(instance_options(arguments_, streams_.context));
}

// What the commands make of options without grants.

TEST_F(InstanceOptionsTest, StatusDoesNotLookIntoAStoreThatIsNotKnown) {
  arguments_.admin = "127.0.0.1:1";
  EXPECT_EQ(status({}, arguments_, SystemClock(), streams_.context), kFailed);
  EXPECT_EQ(streams_.out.str(), "");
  EXPECT_EQ(streams_.err.str(), "nothing answers at 127.0.0.1:1\n");
}

TEST_F(InstanceOptionsTest, ExplainLeavesGrantAndListenerToTheInstance) {
  arguments_.admin = "127.0.0.1:1";
  arguments_.method = "GET";
  arguments_.path = "https://sentry.example/api/0/organizations/acme/issues/";
  arguments_.grant = "acme";
  arguments_.listener = "agent";
  EXPECT_EQ(explain({}, arguments_, SystemClock(), streams_.context), kFailed);
  EXPECT_EQ(streams_.err.str(), "nothing answers at 127.0.0.1:1\n");
}

TEST_F(InstanceOptionsTest, ShutdownSaysHowTheTokenCanBeGiven) {
  arguments_.admin = "127.0.0.1:1";
  EXPECT_EQ(shut_down({}, arguments_, streams_.context), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("is not known: give --token-file FILE"));
  arguments_.token_file = folder_ / "absent.token";
  EXPECT_EQ(shut_down({}, arguments_, streams_.context), kFailed);
  EXPECT_THAT(streams_.err.str(), HasSubstr("absent.token"));
}

}  // namespace
}  // namespace postern::cli
