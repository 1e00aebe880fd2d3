#include "cli/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/streams.h"
#include "support/temporary_folder.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;

class ConfigurationTest : public ::testing::Test {
 protected:
  void write(std::string_view text) { arguments_.config = folder_.write("postern.yaml", text); }

  test::TemporaryFolder folder_;
  Arguments arguments_;
  Streams streams_;
};

TEST_F(ConfigurationTest, CheckSaysWhatItFound) {
  write("grants: [{organization: acme}, {organization: beta}]\nlisten: 127.0.0.1:1\n");
  EXPECT_EQ(check(arguments_, streams_.context), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("acme, beta"));
  EXPECT_THAT(streams_.out.str(), HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(streams_.err.str(), "");
}

TEST_F(ConfigurationTest, FaultsGoToStandardErrorOneALine) {
  write("lisen: 1\ngrants: [{organisation: acme}]\n");
  EXPECT_EQ(check(arguments_, streams_.context), kUsage);
  EXPECT_EQ(streams_.out.str(), "");
  EXPECT_THAT(streams_.err.str(), HasSubstr(arguments_.config + ":1:1: lisen: "));
  EXPECT_THAT(streams_.err.str(), HasSubstr("\n" + arguments_.config + ":2:11: "));
}

TEST_F(ConfigurationTest, SettingsOfTheCommandLineCount) {
  write("grants: [{organization: acme}]\n");
  arguments_.sets = {{"log.level", "debug"}};
  EXPECT_EQ(show(arguments_, streams_.context), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("level: debug"));
}

TEST_F(ConfigurationTest, AKeyThatCouldSealNothingIsAFault) {
  write("grants: [{organization: acme}]\nstore: {key: abc}\n");
  EXPECT_EQ(check(arguments_, streams_.context), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr(arguments_.config + ":2:14: store.key: must be 32"));
}

TEST_F(ConfigurationTest, AKeyInAFileIsFaultyWhereTheFileIsNamed) {
  const std::string file = folder_.write("key", "abc\n");
  const std::string good(64, 'a');
  write("grants: [{organization: acme}]\nstore:\n  key: " + good + "\n  old_key_file: " + file +
        "\n");
  EXPECT_EQ(check(arguments_, streams_.context), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr(":4:17: store.old_key_file: must be 32 bytes"));
}

TEST_F(ConfigurationTest, AStoreThatAnybodyOnTheWayReadsIsWarnedOf) {
  write(
      "grants: [{organization: acme}]\n"
      "store: {kind: redis, redis: {url: 'redis://redis.internal'}}\n");
  EXPECT_EQ(check(arguments_, streams_.context), kDone);
  EXPECT_THAT(streams_.out.str(),
              HasSubstr("\nwarning: store.redis: redis://redis.internal:6379: is another machine"));
}

TEST_F(ConfigurationTest, CommandsNameTheFileThatWasGivenByItsWholePath) {
  write("grants: [{organization: acme}]\n");
  const std::string whole = arguments_.config;
  const auto named = [&] {
    return load_configuration(arguments_, streams_.context)
        ->loaded.options.grants[0]
        .grant.config_file;
  };
  EXPECT_EQ(named(), whole);
  arguments_.config = std::filesystem::relative(whole);
  EXPECT_EQ(std::filesystem::path(named()).lexically_normal(), whole);
  arguments_.config.clear();
  streams_.context.environment["POSTERN_CONFIG"] = whole;
  EXPECT_EQ(named(), whole);
}

TEST_F(ConfigurationTest, AnEntryOfUnpinnedThatFreesNothingIsWarnedAbout) {
  write(
      "grants: [{organization: acme}]\n"
      "policy: {unpinned: [/api/0/broadcasts/, /api/0/brodcasts/]}\n");
  EXPECT_EQ(check(arguments_, streams_.context), kDone);
  EXPECT_THAT(streams_.out.str(),
              HasSubstr("warning: policy.unpinned[1]: /api/0/brodcasts/: names no endpoint that is "
                        "known; did you mean /api/0/broadcasts/?\n"));
  EXPECT_EQ(streams_.out.str().find("unpinned[0]"), std::string::npos);
}

TEST_F(ConfigurationTest, WhatWeakensOrRestrictsIsNoted) {
  write(
      "grants: [{organization: acme}]\n"
      "policy: {access: read-only, dry_run: true, organization_pinning: false, preflight: warn}\n");
  EXPECT_EQ(check(arguments_, streams_.context), kDone);
  for (const char* line :
       {"note: policy.access: read-only: ", "warning: policy.dry_run: true: ",
        "warning: policy.organization_pinning: false: ", "note: policy.preflight: warn: "})
    EXPECT_THAT(streams_.out.str(), HasSubstr(std::string("\n") + line));
}

TEST_F(ConfigurationTest, WhatIsAsByDefaultIsNotNoted) {
  write("grants: [{organization: acme}]\npolicy: {preflight: enforce, dry_run: false}\n");
  EXPECT_EQ(check(arguments_, streams_.context), kDone);
  EXPECT_EQ(streams_.out.str().find("note:"), std::string::npos);
  EXPECT_EQ(streams_.out.str().find("warning:"), std::string::npos);
}

TEST_F(ConfigurationTest, AMissingFileIsNamed) {
  arguments_.config = folder_ / "absent.yaml";
  EXPECT_EQ(check(arguments_, streams_.context), kUsage);
  EXPECT_THAT(streams_.err.str(), HasSubstr(arguments_.config));
}

TEST_F(ConfigurationTest, TheReferenceNeedsNoConfiguration) {
  arguments_.reference = true;
  EXPECT_EQ(show(arguments_, streams_.context), kDone);
  EXPECT_THAT(streams_.out.str(), HasSubstr("grants:"));
}

}  // namespace
}  // namespace postern::cli
