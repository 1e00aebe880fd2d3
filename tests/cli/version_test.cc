#include "cli/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/build_facts.h"
#include "cli/documents.h"

namespace postern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

VersionView view() {
  return {"1.2.3",
          {"3f2a91c04d5e", false},
          {.compiler = "GNU 12.2.0",
           .type = "Release",
           .flags = "-O2",
           .sanitizers = "",
           .libraries = ""},
          {{"OpenSSL", "3.0.19", "3.0.19"}, {"fmt", "9.1.0", ""}}};
}

TEST(Version, TheFirstLineNamesTheCommit) {
  VersionView seen = view();
  EXPECT_EQ(version_line(seen), "postern 1.2.3 (3f2a91c04d5e)");
  seen.commit.is_modified = true;
  EXPECT_EQ(version_line(seen), "postern 1.2.3 (3f2a91c04d5e, modified)");
  seen.commit = {};
  EXPECT_EQ(version_line(seen), "postern 1.2.3 (commit unknown)");
}

TEST(Version, TheBuildIsInWords) {
  VersionView seen = view();
  EXPECT_THAT(version_text(seen), HasSubstr("\nbuild     Release\n"));
  seen.build.is_hardened = true;
  seen.build.is_link_time_optimized = true;
  seen.build.sanitizers = "address";
  EXPECT_THAT(version_text(seen),
              HasSubstr("Release, hardened, optimized at link time, sanitizers: address\n"));
}

TEST(Version, ABuildThatOldLibrariesWereAllowedForSaysSo) {
  VersionView seen = view();
  EXPECT_THAT(version_text(seen), Not(HasSubstr("old libraries")));
  EXPECT_THAT(format_version(seen), HasSubstr(R"("old_libraries_allowed": false)"));
  seen.build.allows_old_libraries = true;
  EXPECT_THAT(version_text(seen), HasSubstr("\nbuild     Release, old libraries allowed\n"));
  EXPECT_THAT(format_version(seen), HasSubstr(R"("old_libraries_allowed": true)"));
}

TEST(Version, ALibraryThatRunsOlderThanItWasBuiltWithIsMarked) {
  VersionView seen = view();
  EXPECT_THAT(version_text(seen), Not(HasSubstr("fixes may be missing")));
  seen.libraries.front().runs_with = "3.0.9";
  EXPECT_THAT(version_text(seen), HasSubstr("fixes may be missing"));
  EXPECT_THAT(format_version(seen), HasSubstr(R"("older": true)"));
}

TEST(Version, OlderIsByNumbersAndNotByLetters) {
  const auto older = [](const char* built, const char* runs) {
    return is_older({"a", built, runs});
  };
  EXPECT_TRUE(older("2.1.12-stable", "2.1.9-stable"));
  EXPECT_FALSE(older("2.1.12-stable", "2.1.12-beta"));
  EXPECT_FALSE(older("3.0.9", "3.0.19"));
  EXPECT_FALSE(older("9.1.0", ""));
}

TEST(Version, WhatIsNotKnownIsNullInTheDocument) {
  VersionView seen = view();
  seen.commit = {};
  const std::string document = format_version(seen);
  EXPECT_THAT(document, HasSubstr(R"("commit": null)"));
  EXPECT_THAT(document, HasSubstr(R"("runs_with": null)"));
  EXPECT_THAT(document, HasSubstr(R"("version": "1.2.3")"));
}

TEST(Version, ThisProgramRunsWithWhatItWasBuiltWithOrNewer) {
  const VersionView seen = this_version();
  ASSERT_FALSE(seen.libraries.empty());
  size_t tell = 0;
  for (const Library& library : seen.libraries) {
    EXPECT_NE(library.built_with, "") << library.name;
    EXPECT_FALSE(is_older(library)) << library.name;
    tell += library.runs_with.empty() ? 0 : 1;
  }
  EXPECT_EQ(tell, 3u);
}

TEST(BuildFacts, NameNoFolderOfTheBuild) {
  EXPECT_THAT(std::string(build_facts().flags), Not(HasSubstr(POSTERN_SOURCE_DIR)));
}

}  // namespace
}  // namespace postern::cli
